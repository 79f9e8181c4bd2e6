import type { Command } from 'commander';
import type { RunOptions } from '../actions/run.js';
import { tidemarkCommand } from '../command.js';

export function runCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<RunOptions>(
    {
      usage: 'run <pipeline>',
      summary: 'starts a run of a pipeline',
      description: `A pipeline has one run at a time; its workflow id is tidemark/pipeline/PIPELINE. A worker must be up (tidemark worker, or
tidemark dev), or the run waits for one.

With --wait, Ctrl-C ends the waiting and the run goes on; with --cancel-on-interrupt the first Ctrl-C cancels the run and waits
for its end, a second one ends the waiting.

A run that waits for a confirmation is shown with what it would change, and asked about on a terminal; --yes says yes to it, and
\`tidemark confirm\` answers it from elsewhere.

Exit codes: 0 the run was started, or with --wait ended well; 1 it failed, or some of its tables or rows did; 2 the config or the command
line is wrong; 3 it was cancelled, or nobody said yes to it; 130 the waiting was ended by Ctrl-C.`,
      examples: [
        ['tidemark run nightly', 'starts it and prints its link'],
        ['tidemark run nightly --wait', 'shows its progress, then what it did per table'],
        ['tidemark run nightly --wait --json | jq .result.totals', 'the whole result for machines'],
      ],
      options: (command) =>
        command
          .option('--wait', 'waits for the end and shows the progress', false)
          .option('--yes', 'says yes to a run that waits for a confirmation', false)
          .option('--quiet', 'waits without showing the progress', false)
          .option('--cancel-on-interrupt', 'Ctrl-C cancels the run', false),
      load: () => import('../actions/run.js'),
    },
    finish,
  );
}
