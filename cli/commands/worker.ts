import type { Command } from 'commander';
import { localServerOf, temporalTarget } from '../../workers/client/index.js';
import { findConfig, loadConfig, type StartSandbox } from '../../workers/config/index.js';
import { dirname } from 'node:path';
import { tidemarkCommand, type CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { installTemporalRuntime } from '../logging.js';
import { print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { runWorker } from '../worker-process.js';

export function workerCommand(finish: (exitCode: number) => void): Command {
  return tidemarkCommand<object>(
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
      run: async ({ options, log }) => {
        installTemporalRuntime(log);
        const sandbox = await sandboxOfDev(options);
        const { config, folder } = await loadConfig({
          ...configFile(options),
          ...(sandbox === undefined ? {} : { sandbox }),
        });
        const target = await temporalTarget(config.temporal, { folder });
        const { address, namespace, taskQueue, webUi } = target;
        await runWorker(config, target, log, () => {
          if (options.json) printJson({ worker: { address, namespace, taskQueue, webUi } });
          else
            print(
              `worker: polls task queue ${taskQueue} of ${namespace} at ${address}${webUi === undefined ? '' : `, Web UI ${webUi}`}; Ctrl-C stops it`,
            );
        });
        return EXIT.ok;
      },
    },
    finish,
  );
}

/** A connection that asks for the sandbox gets the one of a `tidemark dev` that is up for the same project. */
export async function sandboxOfDev(options: CommonOptions): Promise<StartSandbox | undefined> {
  const file = await findConfig(configFile(options));
  const access = file === undefined ? undefined : (await localServerOf(dirname(file)))?.sandbox;
  return access === undefined ? undefined : () => Promise.resolve(access);
}
