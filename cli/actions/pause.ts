import { ownSchedule, pauseSchedule, resumeSchedule, scheduleLink } from '../../workers/client/index.js';
import { withClosers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';
import { openClient } from '../temporal.js';

export interface PauseOptions {
  reason?: string;
}

/** Pauses the Schedule of a pipeline, or resumes it. */
function pausing(paused: boolean): Action<PauseOptions> {
  return ({ args: [name = ''], options }) =>
    withClosers(async (closers) => {
      const { loaded, temporal } = await openClient(options, closers);
      const live = await ownSchedule(temporal, loaded.config, name);
      const reason = options.reason ?? (paused ? 'by tidemark pause' : 'by tidemark resume');
      await (paused ? pauseSchedule : resumeSchedule)(temporal, live, reason);
      const link = scheduleLink(temporal.target, live.scheduleId);
      if (options.json) printJson({ pipeline: name, scheduleId: live.scheduleId, paused, reason, link });
      else print(`${paused ? 'paused' : 'resumed'}: ${live.scheduleId}${link === undefined ? '' : `  ${link}`}`);
      const configured = loaded.config.pipelines[name]?.schedule?.paused;
      if (configured !== undefined && configured !== paused)
        note(`tidemark.yaml says paused: ${String(configured)}, which the next \`tidemark apply\` brings back.`);
      return EXIT.ok;
    });
}

export const action = pausing(true);
export const resume = pausing(false);
