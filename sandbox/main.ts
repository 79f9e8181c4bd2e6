import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { parse as parseYaml } from 'yaml';
import { sandboxContentSchema, startTitanSandbox } from './titanrdm/index.js';

// The sandboxes as a process of their own. First line of stdout: one JSON object with their addresses and credentials.

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new InvalidArgumentError('a number is needed');
  return value;
}

interface Options {
  port: number;
  host: string;
  latencyMs?: number;
  exportDelayMs?: number;
  importDelayMs?: number;
  clientId?: string;
  clientSecret?: string;
  definitions?: string;
  dataDirectory?: string;
}

const command = new Command('sandbox')
  .description("A local server with TitanRDM's wire protocol")
  .option('--port <port>', 'port to listen on; a free one by default', number, 0)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--latency-ms <ms>', 'added to every API call', number)
  .option('--export-delay-ms <ms>', 'time that an export takes, at least', number)
  .option('--import-delay-ms <ms>', 'time that the processing of an import takes, at least', number)
  .option('--client-id <id>', 'client id')
  .option('--client-secret <secret>', 'client secret; random by default')
  .option('--definitions <file>', 'YAML or JSON file with the branches and domains to start with')
  .option('--data-directory <folder>', 'folder for the temporary files')
  .parse();

const { definitions, ...options } = command.opts<Options>();
try {
  await run();
} catch (error) {
  process.stderr.write(`The sandbox cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function run(): Promise<void> {
  const content =
    definitions === undefined ? {} : sandboxContentSchema.parse(parseYaml(await readFile(definitions, 'utf8')));
  const sandbox = await startTitanSandbox({ ...options, ...content });
  let stopping = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stopping) return;
      stopping = true;
      void sandbox.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
  const { url, clientId, clientSecret } = sandbox;
  process.stdout.write(`${JSON.stringify({ titanrdm: { url, clientId, clientSecret } })}\n`);
}
