import type { Command } from 'commander';
import type { CheckOptions } from '../actions/check.js';
import { tidemarkCommand } from '../command.js';

export function checkCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<CheckOptions>(
    {
      usage: 'check',
      summary: 'tries every connection, and says what is wrong and how to mend it',
      description: `Nothing is changed anywhere: it signs in to tenants and databases, and looks whether stores can be used. With --setup it registers
the search attributes that the namespace lacks, where it may; runs work the same without them.`,
      examples: [
        ['tidemark check', 'exit code 0 when everything answers'],
        ['tidemark check --setup', 'registers search attributes in the namespace'],
        ['tidemark check --json | jq .checks', 'for machines'],
      ],
      options: (command) => command.option('--setup', 'registers what the namespace lacks', false),
      load: () => import('../actions/check.js'),
    },
    finish,
  );
}
