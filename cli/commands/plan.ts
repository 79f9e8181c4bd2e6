import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function planCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'plan <pipeline>',
      summary: 'what a run of a postgresIngest pipeline would do to its tables, changing nothing',
      description: `Says where a run would start, and for each table whether it is created, kept or replaced: what stands in the way and what would be
lost come first. Nothing is read from the source, and no lock is taken that readers or writers would notice.

Exit codes: 0 a run can do it; 1 something stands in the way; 2 the config or the command line is wrong.`,
      examples: [
        ['tidemark plan orders', 'before the first run after a change of its definition'],
        ['tidemark plan orders --json | jq .tables[].losses', 'for machines: an empty list where nothing is lost'],
      ],
      load: () => import('../actions/plan.js'),
    },
    finish,
  );
}
