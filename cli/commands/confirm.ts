import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function confirmCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'confirm <pipeline> <yes|no>',
      summary: 'answers a run that waits for a confirmation',
      description: `A run of amsUpsertProfiles with requireConfirmation sends nothing before somebody has said yes. Who answers is kept in its result.

Exit codes: 0 the answer was taken; 1 no run waits for one.`,
      examples: [
        ['tidemark confirm squad yes', 'lets the run send its profiles'],
        ['tidemark confirm squad no', "ends it as 'cancelled by user': nothing was sent"],
      ],
      load: () => import('../actions/confirm.js'),
    },
    finish,
  );
}
