import type { Command } from 'commander';
import { portOption } from '../options.js';
import type { SandboxOptions } from '../actions/sandbox.js';
import { tidemarkCommand } from '../command.js';

export function sandboxCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<SandboxOptions>(
    {
      usage: 'sandbox',
      summary: 'runs local servers that speak TitanRDM and Teamworks AMS, alone',
      description: `The first line of stdout is one JSON object that says how to reach them; Ctrl-C stops them, and what they held is gone.
Branches, domains and tables, and below "ams" forms and users, come from --definitions, else from sandbox.definitions of tidemark.yaml, else from a demonstration.`,
      examples: [
        [
          'tidemark sandbox',
          '{"titanrdm":{"url":"http://127.0.0.1:...","clientId":...,"clientSecret":...},"ams":{"url":...,"username":...,"password":...}}',
        ],
        ['tidemark sandbox --port 8700 --definitions tables.yaml', 'on a fixed port, with tables of your own'],
      ],
      options: (command) =>
        command
          .addOption(portOption('--port <number>', 'port of TitanRDM to listen on'))
          .addOption(portOption('--ams-port <number>', 'port of AMS to listen on'))
          .option('--definitions <file>', 'YAML or JSON file with branches and domains, and forms and users of AMS'),
      load: () => import('../actions/sandbox.js'),
    },
    finish,
  );
}
