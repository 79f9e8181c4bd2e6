import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { AmsClient } from '../../connectors/ams/index.js';
import { createStore } from '../../connectors/tables/index.js';
import { amsPlugin } from '../../workers/plugins/ams-plugin.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

export interface ProfilesWorkerStart {
  address: string;
  namespace: string;
  taskQueue: string;
  /** File of the prebuilt workflow bundle. */
  bundlePath: string;
  site: { url: string; username: string; password: string };
  concurrency: number;
  /** Folder of the tables. */
  folder: string;
  results: string;
}

/** A worker as a user writes one, and nothing else in its process. */
const handlers = {
  start: async (given: ProfilesWorkerStart) => {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    connection = await NativeConnection.connect({ address: given.address });
    worker = await Worker.create({
      connection,
      namespace: given.namespace,
      taskQueue: given.taskQueue,
      workflowBundle: { codePath: given.bundlePath },
      plugins: [
        amsPlugin({
          connections: { club: new AmsClient({ ...given.site, maxInFlight: given.concurrency }) },
          stores: { lake: createStore({ type: 'files', path: given.folder }) },
          results: given.results,
        }),
      ],
    });
    running = worker.run();
  },
  peakRssMegabytes: () => peakRssMegabytes(),
  stop: async () => {
    if (worker?.getState() === 'RUNNING') worker.shutdown();
    await running;
    await connection?.close();
  },
};
export type ProfilesWorkerProgram = typeof handlers;

let connection: NativeConnection | undefined;
let worker: Worker | undefined;
let running: Promise<void> | undefined;
serve(handlers);
