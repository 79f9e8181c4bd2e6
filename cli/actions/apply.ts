import {
  applySchedules,
  planSchedules,
  projectOf,
  refuseForeign,
  type ScheduleChange,
} from '../../workers/client/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { confirm } from '../confirm.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';
import { changeLines, changeSummary } from '../render/schedule-changes.js';
import { openClient } from '../temporal.js';

export interface ApplyOptions {
  yes: boolean;
  dryRun: boolean;
  adopt: boolean;
}

export const action: Action<ApplyOptions> = ({ options }) =>
  withClosers(async (closers) => {
    const { loaded, temporal } = await openClient(options, closers);
    const { config } = loaded;
    const project = projectOf(config, temporal);
    const changes = await planSchedules(temporal, config, { adopt: options.adopt });
    const differs = changes.some(({ change }) => change !== 'unchanged');
    if (!options.json) print(changeLines(changes, temporal.target).join('\n'));
    refuseForeign(changes);
    let applied = false;
    if (differs && !options.dryRun) {
      if (!options.yes && !(await confirm(`Apply to namespace ${temporal.target.namespace}?`))) {
        note('Nothing was changed.');
        return EXIT.failed;
      }
      await applySchedules(temporal, changes, project);
      applied = true;
    }
    if (options.json) printJson({ project, applied, changes: changes.map(plain) });
    else if (differs) print(applied ? `applied: ${changeSummary(changes)}` : `would apply: ${changeSummary(changes)}`);
    return EXIT.ok;
  });

const plain = ({ definition, ...change }: ScheduleChange): Omit<ScheduleChange, 'definition'> => change;
