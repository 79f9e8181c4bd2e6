import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { defineSource } from '../../activities/postgres/index.js';
import { createStore } from '../../connectors/tables/index.js';
import { postgresPlugin } from '../../workers/plugins/postgres-plugin.js';
import { batchesOf, type BenchSource } from '../ingest/source.js';
import { FILES, ROWS, tableDefinition, TARGET } from '../ingest/table.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

export interface IngestWorkerStart {
  address: string;
  namespace: string;
  taskQueue: string;
  /** File of the prebuilt workflow bundle. */
  bundlePath: string;
  /** Address of the target database. */
  url: string;
  /** Folder of the files that are ingested. */
  folder: string;
  /** What the source of JavaScript values yields. */
  rows: BenchSource;
}

/** A worker as a user writes one, with a source of his own, and nothing else in its process. */
const handlers = {
  start: async ({ address, namespace, taskQueue, bundlePath, url, folder, rows }: IngestWorkerStart) => {
    Runtime.install({ logger: new DefaultLogger('WARN') });
    connection = await NativeConnection.connect({ address });
    const batches = await batchesOf(rows, tableDefinition(false));
    worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      workflowBundle: { codePath: bundlePath },
      plugins: [
        postgresPlugin({
          connections: { [TARGET]: { url } },
          stores: { [FILES]: createStore({ type: 'files', path: folder }) },
          sources: [
            defineSource(ROWS, (highWatermark, { committedBatches }) =>
              batches(highWatermark, { batches: committedBatches, rows: 0 }),
            ),
          ],
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
export type IngestWorkerProgram = typeof handlers;

let connection: NativeConnection | undefined;
let worker: Worker | undefined;
let running: Promise<void> | undefined;
serve(handlers);
