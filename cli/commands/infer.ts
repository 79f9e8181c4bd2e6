import type { Command } from 'commander';
import type { InferCommandOptions } from '../actions/infer.js';
import { tidemarkCommand } from '../command.js';

export function inferCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<InferCommandOptions>(
    {
      usage: 'infer [file]',
      summary: 'proposes the definition of a PostgreSQL table, from a file or from the table itself',
      description:
        'Prints what `tables:` of a postgresIngest pipeline takes, for you to look over; changes nothing. A CSV column gets another type ' +
        'than text only where every value survives it letter by letter: 00501 stays text. A primary key is never guessed.',
      examples: [
        ['tidemark infer orders.csv', 'the table public.orders, from all rows of the file'],
        ['tidemark infer orders.parquet --schema sales --name "All orders"', 'names as they are to be'],
        ['tidemark infer --connection warehouse --name orders', 'as the table is now in the database'],
      ],
      options: (command) =>
        command
          .option('--schema <schema>', 'schema of the table', 'public')
          .option('--name <name>', 'name of the table (default: that of the file)')
          .option(
            '--connection <connection>',
            'a connection of type postgres of the config: the table is read from there',
          ),
      load: () => import('../actions/infer.js'),
    },
    finish,
  );
}
