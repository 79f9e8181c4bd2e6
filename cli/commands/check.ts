import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function checkCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'check',
      summary: 'tries every connection, and says what is wrong and how to mend it',
      description:
        'Nothing is changed anywhere: it signs in to tenants and databases, and looks whether stores can be used.',
      examples: [
        ['tidemark check', 'exit code 0 when everything answers'],
        ['tidemark check --json | jq .checks', 'for machines'],
      ],
      load: () => import('../actions/check.js'),
    },
    finish,
  );
}
