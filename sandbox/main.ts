import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { parse as parseYaml } from 'yaml';
import { startAmsSandbox } from './ams/index.js';
import { sandboxContentSchema } from './content.js';
import { startTitanSandbox } from './titanrdm/index.js';

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
  amsPort: number;
}

const command = new Command('sandbox')
  .description('Local servers with the wire protocols of TitanRDM and Teamworks AMS')
  .option('--port <port>', 'port to listen on; a free one by default', number, 0)
  .option('--ams-port <port>', 'port of AMS to listen on; a free one by default', number, 0)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--latency-ms <ms>', 'added to every API call', number)
  .option('--export-delay-ms <ms>', 'time that an export takes, at least', number)
  .option('--import-delay-ms <ms>', 'time that the processing of an import takes, at least', number)
  .option('--client-id <id>', 'client id')
  .option('--client-secret <secret>', 'client secret; random by default')
  .option('--definitions <file>', 'YAML or JSON file with the branches and domains to start with')
  .option('--data-directory <folder>', 'folder for the temporary files')
  .parse();

const { definitions, amsPort, ...options } = command.opts<Options>();
try {
  await run();
} catch (error) {
  process.stderr.write(`The sandbox cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function run(): Promise<void> {
  const { ams: amsContent, ...content } = sandboxContentSchema.parse(
    definitions === undefined ? {} : parseYaml(await readFile(definitions, 'utf8')),
  );
  const { host, latencyMs } = options;
  // The one that keeps files comes last: should the other not start, nothing is left behind.
  const ams = await startAmsSandbox({ port: amsPort, host, latencyMs, ...amsContent });
  const sandbox = await startTitanSandbox({ ...options, ...content });
  let stopping = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stopping) return;
      stopping = true;
      void Promise.all([sandbox.close(), ams.close()]).then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
  const { url, clientId, clientSecret } = sandbox;
  const { username, password } = ams;
  const access = { titanrdm: { url, clientId, clientSecret }, ams: { url: ams.url, username, password } };
  process.stdout.write(`${JSON.stringify(access)}\n`);
}
