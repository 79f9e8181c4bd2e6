import type { Command } from 'commander';
import type { WorkerCommandOptions } from '../actions/worker.js';
import { tidemarkCommand } from '../command.js';

export function workerCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<WorkerCommandOptions>(
    {
      usage: 'worker',
      summary: 'runs a worker for the configured connections',
      description: `The worker does the steps of runs: it holds the connections and their secrets. Start as many as you like, on any machine that
reaches the systems and, where files are used, the same folders. Ctrl-C (or SIGTERM) stops it in an orderly way.`,
      examples: [
        ['tidemark worker', 'with the nearest tidemark.yaml'],
        ['TITAN_SECRET=... tidemark worker --config /etc/tidemark.yaml', 'secrets come from the environment'],
        ['tidemark worker --debug', 'logs every call to TitanRDM'],
      ],
      options: (command) =>
        command.option(
          '--bundle <file>',
          'workflows that `tidemark bundle` has written (default: worker.bundle of the config)',
        ),
      load: () => import('../actions/worker.js'),
    },
    finish,
  );
}
