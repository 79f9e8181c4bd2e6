import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function cancelCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'cancel <pipeline>',
      summary: 'cancels the run of a pipeline that is under way',
      description: 'The run ends its steps within seconds; a batch that was not completed is never applied.',
      examples: [['tidemark cancel nightly', 'asks the run to end, and returns at once']],
      load: () => import('../actions/cancel.js'),
    },
    finish,
  );
}
