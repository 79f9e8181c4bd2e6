import type { Command } from 'commander';
import type { BundleOptions } from '../actions/bundle.js';
import { tidemarkCommand } from '../command.js';

export function bundleCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<BundleOptions>(
    {
      usage: 'bundle',
      summary: 'bundles the workflows ahead of time, so that workers start faster',
      description: `Temporal runs workflows from one file that holds them with all they import. A worker makes it at each start, which takes seconds;
this makes it once, for instance while an image is built. Name it in the config (worker: { bundle: FILE }) or by tidemark worker
--bundle FILE. A worker of another release of Tidemark refuses it.`,
      examples: [
        ['tidemark bundle', 'writes .tidemark/workflow-bundle.js beside the config'],
        ['tidemark bundle --out /app/workflows.js', 'somewhere else'],
        [
          'tidemark bundle --workflows src/workflows.ts',
          "a module of yours that re-exports Tidemark's workflows beside your own",
        ],
      ],
      options: (command) =>
        command
          .option('--out <file>', 'the file to write (default: .tidemark/workflow-bundle.js beside the config)')
          .option('--workflows <file>', "the module of the workflows (default: Tidemark's own)"),
      load: () => import('../actions/bundle.js'),
    },
    finish,
  );
}
