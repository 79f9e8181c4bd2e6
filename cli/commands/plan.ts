import type { Command } from 'commander';
import { tidemarkCommand } from '../command.js';

export function planCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
    {
      usage: 'plan <pipeline>',
      summary: 'what a run of a pipeline would do to its tables, changing nothing',
      description: `Into TitanRDM: how many records of each table would be inserted, updated and deleted, with some of them in a file of the results
location. No import is created, but comparing takes a full export of each table, and exports are metered. Out of TitanRDM: the tables and
their numbers of rows, which takes exports too; none is fetched.

Into PostgreSQL (postgresIngest): where a run would start, and for each table whether it is created, kept or replaced: what stands in the way
and what would be lost come first. Nothing is read from the source, and no lock is taken that readers or writers would notice.

Of amsUpsertProfiles: checks form, users and every row as a run does, and says which users would change which fields, by the profiles
as they are, where the account may read them.

Exit codes: 0 a run can do it; 1 something stands in the way; 2 the config or the command line is wrong.`,
      examples: [
        ['tidemark plan orders', 'before the first run after a change of its definition'],
        ['tidemark plan orders --json | jq .tables[].losses', 'for machines: an empty list where nothing is lost'],
        ['tidemark plan customers-up', 'before an upload: what it would remove, above all'],
        ['tidemark plan squad', 'which profiles a run would change, and to what'],
      ],
      load: () => import('../actions/plan.js'),
    },
    finish,
  );
}
