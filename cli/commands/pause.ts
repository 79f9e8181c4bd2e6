import type { Command } from 'commander';
import type { PauseOptions } from '../actions/pause.js';
import { tidemarkCommand } from '../command.js';

const withReason = (command: Command): Command =>
  command.option('--reason <text>', 'shown by `tidemark status` and in the Web UI');

export function pauseCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<PauseOptions>(
    {
      usage: 'pause <pipeline>',
      summary: "pauses a pipeline's Schedule: no more runs start by themselves",
      description: `A run that is under way goes on (tidemark cancel ends it), and tidemark run starts one all the same. Runs that fall due meanwhile
are not made up for. tidemark apply leaves it paused, unless the config says 'paused: false'.`,
      examples: [['tidemark pause nightly --reason "tenant is being migrated"', 'until tidemark resume nightly']],
      options: withReason,
      load: () => import('../actions/pause.js'),
    },
    finish,
  );
}

export function resumeCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<PauseOptions>(
    {
      usage: 'resume <pipeline>',
      summary: "lets a paused pipeline's Schedule go on",
      description: `The next run starts at the next time that is due. What was due meanwhile is not made up for: a run brings all that is new, so the
next one mostly does; otherwise see tidemark backfill, or start one with tidemark run.`,
      examples: [['tidemark resume nightly', 'also after a failure that has paused it (pauseOnFailure)']],
      options: withReason,
      load: () => import('../actions/resume.js'),
    },
    finish,
  );
}
