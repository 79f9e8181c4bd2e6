import { localServerOf, temporalTarget } from '../../workers/client/index.js';
import { findConfig, loadConfig, type StartEmbedded } from '../../workers/config/index.js';
import { dirname } from 'node:path';
import { prometheusMetrics } from '../../workers/index.js';
import type { Action, CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { installTemporalRuntime } from '../temporal-runtime.js';
import { print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { runWorker } from '../worker-process.js';

export const action: Action<object> = async ({ options, log }) => {
  const { config, folder } = await loadConfig({ ...configFile(options), ...(await embeddedOfDev(options)) });
  const { metrics } = config.worker;
  installTemporalRuntime(log, metrics === undefined ? undefined : prometheusMetrics(metrics.address));
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

/** A connection that asks for the sandbox or the embedded PostgreSQL gets that of a `tidemark dev` that is up for the same project. */
export async function embeddedOfDev(options: CommonOptions): Promise<StartEmbedded> {
  const file = await findConfig(configFile(options));
  const dev = file === undefined ? undefined : await localServerOf(dirname(file));
  const { sandbox, postgres } = dev ?? {};
  return {
    ...(sandbox === undefined ? {} : { sandbox: () => Promise.resolve(sandbox) }),
    ...(postgres === undefined ? {} : { postgres: () => Promise.resolve(postgres) }),
  };
}
