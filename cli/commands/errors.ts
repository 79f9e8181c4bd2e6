import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function errorsCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'errors [code]',
      summary: 'says what an error code means and how to mend it',
      examples: [
        ['tidemark errors DUPLICATE_KEYS', 'one code'],
        ['tidemark errors', 'all of them'],
      ],
      load: () => import('../actions/errors.js'),
    },
    finish,
  );
}
