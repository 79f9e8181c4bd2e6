import { pipelineOf, pipelineStatus, type PipelineStatus } from '../../workers/client/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { overviewLines, statusLines } from '../render/status.js';
import { openClient } from '../temporal.js';

/** Ended runs that are looked at: of one pipeline, and of each when all are shown. */
const RUNS = { one: 10, all: 1 };
/** Pipelines that are asked about at the same time. */
const AT_A_TIME = 8;

export const action: Action<object> = ({ args: [name], options }) =>
  withClosers(async (closers) => {
    const { loaded, temporal } = await openClient(options, closers);
    const { config } = loaded;
    if (name !== undefined) {
      pipelineOf(config, name);
      const status = await pipelineStatus(temporal, config, name, { runs: RUNS.one });
      if (options.json) printJson(status);
      else print(statusLines(status).join('\n'));
      return EXIT.ok;
    }
    const names = Object.keys(config.pipelines);
    const statuses: PipelineStatus[] = [];
    for (let from = 0; from < names.length; from += AT_A_TIME) {
      const some = names.slice(from, from + AT_A_TIME);
      statuses.push(
        ...(await Promise.all(some.map((each) => pipelineStatus(temporal, config, each, { runs: RUNS.all })))),
      );
    }
    if (options.json) printJson({ pipelines: statuses });
    else print(overviewLines(statuses).join('\n'));
    return EXIT.ok;
  });
