import { localServerOf, temporalTarget } from '../../workers/client/index.js';
import { findConfig, loadConfig, type StartSandbox } from '../../workers/config/index.js';
import { dirname } from 'node:path';
import type { Action, CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { installTemporalRuntime } from '../temporal-runtime.js';
import { print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { runWorker } from '../worker-process.js';

export const action: Action<object> = async ({ options, log }) => {
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
};

/** A connection that asks for the sandbox gets the one of a `tidemark dev` that is up for the same project. */
export async function sandboxOfDev(options: CommonOptions): Promise<StartSandbox | undefined> {
  const file = await findConfig(configFile(options));
  const access = file === undefined ? undefined : (await localServerOf(dirname(file)))?.sandbox;
  return access === undefined ? undefined : () => Promise.resolve(access);
}
