import { localServerOf, temporalTarget } from '../../workers/client/index.js';
import { findConfig, loadConfig, type StartEmbedded } from '../../workers/config/index.js';
import { dirname, resolve } from 'node:path';
import { prometheusMetrics } from '../../workers/index.js';
import type { Action, CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { installTemporalRuntime } from '../temporal-runtime.js';
import { print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { runWorker } from '../worker-process.js';

export interface WorkerCommandOptions {
  bundle?: string;
}

export const action: Action<WorkerCommandOptions> = async ({ options, log }) => {
  const { config, folder } = await loadConfig({ ...configFile(options), ...(await embeddedOfDev(options)) });
  const { metrics } = config.worker;
  installTemporalRuntime(log, metrics === undefined ? undefined : prometheusMetrics(metrics.address));
  const target = await temporalTarget(config.temporal, { folder });
  const { address, namespace, taskQueue, webUi } = target;
  const bundle = options.bundle === undefined ? {} : { bundle: resolve(options.bundle) };
  await runWorker({ ...config, worker: { ...config.worker, ...bundle } }, target, log, () => {
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
  const { sandbox, ams, postgres } = dev ?? {};
  return {
    ...(sandbox === undefined ? {} : { sandbox: () => Promise.resolve(sandbox) }),
    ...(ams === undefined ? {} : { ams: () => Promise.resolve(ams) }),
    ...(postgres === undefined ? {} : { postgres: () => Promise.resolve(postgres) }),
  };
}
