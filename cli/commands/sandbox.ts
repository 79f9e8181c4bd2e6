import type { Command } from 'commander';
import { portOption } from '../options.js';
import type { SandboxOptions } from '../actions/sandbox.js';
import { tidemarkCommand } from '../command.js';

export function sandboxCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<SandboxOptions>(
    {
      usage: 'sandbox',
      summary: 'runs a local server that speaks TitanRDM, alone',
      description: `The first line of stdout is one JSON object that says how to reach it; Ctrl-C stops it, and what it held is gone.
Its branches, domains and tables come from --definitions, else from sandbox.definitions of tidemark.yaml, else from a demonstration.`,
      examples: [
        ['tidemark sandbox', '{"titanrdm":{"url":"http://127.0.0.1:...","clientId":...,"clientSecret":...}}'],
        ['tidemark sandbox --port 8700 --definitions tables.yaml', 'on a fixed port, with tables of your own'],
      ],
      options: (command) =>
        command
          .addOption(portOption('--port <number>', 'port to listen on'))
          .option('--definitions <file>', 'YAML or JSON file with branches and domains'),
      load: () => import('../actions/sandbox.js'),
    },
    finish,
  );
}
