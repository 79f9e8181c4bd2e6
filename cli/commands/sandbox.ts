import { resolve } from 'node:path';
import type { Command } from 'commander';
import { findConfig, loadClientConfig } from '../../workers/config/index.js';
import { withClosers } from '../closers.js';
import { tidemarkCommand, type CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { note, printJson } from '../output.js';
import { portOption } from '../options.js';
import { accessOf, startSandbox } from '../sandbox.js';
import { untilSignal } from '../signals.js';
import { configFile } from '../temporal.js';

interface SandboxOptions {
  port: number;
  definitions?: string;
}

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
      run: ({ options }) =>
        withClosers(async (closers) => {
          const definitions = await definitionsOf(options);
          const sandbox = await startSandbox({ port: options.port, definitions });
          closers.add(() => sandbox.close());
          printJson({ titanrdm: accessOf(sandbox) });
          note('The sandbox is up; Ctrl-C stops it.');
          await untilSignal();
          return EXIT.ok;
        }),
    },
    finish,
  );
}

async function definitionsOf(options: SandboxOptions & CommonOptions): Promise<string | undefined> {
  if (options.definitions !== undefined) return resolve(options.definitions);
  if ((await findConfig(configFile(options))) === undefined) return undefined;
  return (await loadClientConfig(configFile(options))).config.sandbox.definitions;
}
