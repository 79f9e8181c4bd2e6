import type { Command } from 'commander';
import type { ApplyOptions } from '../actions/apply.js';
import { tidemarkCommand } from '../command.js';

export function applyCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<ApplyOptions>(
    {
      usage: 'apply',
      summary: "makes Temporal's Schedules equal to the config",
      description: `Shows the difference first, then asks: + new, ~ changed, - deleted, = as it is, ! another's. Each pipeline with a 'schedule' gets the
Schedule tidemark/PIPELINE, which starts the workflow tidemarkRun. What somebody has changed by hand is shown and set back; paused or
not is left as it is, unless the config says 'paused'.

Only Schedules of this project are touched: they carry its name, which is 'project' of the config, or else the task queue. Two projects
in one namespace need different names. A Schedule that has the id of a pipeline and is another's is refused.

Applying again changes nothing. Exit codes: 0 the Schedules are as the config says, or --dry-run has shown the difference; 1 it failed,
or the answer was no; 2 the config or the command line is wrong.`,
      examples: [
        ['tidemark apply', 'shows the difference and asks'],
        ['tidemark apply --dry-run', 'only shows it'],
        ['tidemark apply --yes --json', 'for a deployment'],
      ],
      options: (command) =>
        command
          .option('--yes', 'does not ask', false)
          .option('--dry-run', 'only shows the difference', false)
          .option('--adopt', "replaces a Schedule of the same id that is another's", false),
      load: () => import('../actions/apply.js'),
    },
    finish,
  );
}
