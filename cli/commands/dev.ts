import type { Command } from 'commander';
import { portOption } from '../options.js';
import type { DevOptions } from '../actions/dev.js';
import { tidemarkCommand } from '../command.js';

export function devCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<DevOptions>(
    {
      usage: 'dev',
      summary: 'runs everything locally: Temporal with its Web UI, a worker, the sandboxes',
      description: `Starts Temporal's development server (unless TEMPORAL_ADDRESS, a Temporal profile or temporal.address names one), a worker when there
is a tidemark.yaml, the sandbox of TitanRDM or AMS when a connection of that type has the url "sandbox", and a PostgreSQL when one's is "embedded", whose data
stay in .tidemark/postgres beside the config. The other commands of the same project then find them by themselves. Ctrl-C stops
everything; what Temporal's server knew is gone unless --db keeps it.`,
      examples: [
        ['tidemark dev', 'in the folder of a tidemark.yaml; then, elsewhere: tidemark run PIPELINE --wait'],
        ['tidemark dev --sandbox', 'the sandboxes too, though no connection asks for them'],
        ['tidemark dev --db .tidemark/temporal.db', 'keeps the runs for the next time'],
      ],
      options: (command) =>
        command
          .option('--sandbox', 'starts the sandboxes even if no connection asks for them', false)
          .addOption(portOption('--port <number>', "port of Temporal's service"))
          .addOption(portOption('--ui-port <number>', "port of Temporal's Web UI"))
          .option('--db <file>', 'SQLite file that keeps what the server knows'),
      load: () => import('../actions/dev.js'),
    },
    finish,
  );
}
