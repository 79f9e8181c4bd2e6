import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { configSchema, type TidemarkConfigInput } from '../../contracts/config.js';
import { settleProcess, tuneProcess } from '../../workers/tune-process.js';
import { createTidemarkWorker, type TidemarkWorker } from '../../workers/worker.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

export interface WorkerStart {
  address: string;
  namespace: string;
  taskQueue: string;
  config: TidemarkConfigInput;
  /** File of the prebuilt workflow bundle. */
  bundlePath: string;
}

/** The worker that a user runs, and nothing else in its process. */
const handlers = {
  start: async ({ address, namespace, taskQueue, config, bundlePath }: WorkerStart) => {
    tuneProcess();
    Runtime.install({ logger: new DefaultLogger('WARN') });
    connection = await NativeConnection.connect({ address });
    tidemark = await createTidemarkWorker({
      config: configSchema.parse(config),
      connection,
      namespace,
      taskQueue,
      worker: { workflowBundle: { codePath: bundlePath } },
    });
    settleProcess();
    running = tidemark.run();
  },
  peakRssMegabytes: () => peakRssMegabytes(),
  stop: async () => {
    tidemark?.shutdown();
    await running;
    await connection?.close();
  },
};
export type WorkerProgram = typeof handlers;

let connection: NativeConnection | undefined;
let tidemark: TidemarkWorker | undefined;
let running: Promise<void> | undefined;
serve(handlers);
