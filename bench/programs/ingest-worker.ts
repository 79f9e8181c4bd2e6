import { defineSource } from '../../activities/postgres/index.js';
import { createStore } from '../../connectors/tables/index.js';
import { postgresPlugin } from '../../workers/plugins/postgres-plugin.js';
import { watermarkPlugin } from '../../workers/plugins/watermark-plugin.js';
import { batchesOf, type BenchSource } from '../ingest/source.js';
import { FILES, ROWS, tableDefinition, TARGET } from '../ingest/table.js';
import { pluginWorker, workerHandlers, type WorkerPlace } from './bench-worker.js';
import { serve } from './program.js';

export interface IngestWorkerStart extends WorkerPlace {
  /** Address of the target database. */
  url: string;
  /** Folder of the files that are ingested. */
  folder: string;
  /** What the source of JavaScript values yields. */
  rows: BenchSource;
}

/** A worker with a source of the user's own. */
const handlers = workerHandlers<IngestWorkerStart>(async ({ url, folder, rows, ...place }, connection) => {
  const batches = await batchesOf(rows, tableDefinition(false));
  return pluginWorker(place, connection, [
    postgresPlugin({
      connections: { [TARGET]: { url } },
      stores: { [FILES]: createStore({ type: 'files', path: folder }) },
      sources: [
        defineSource(ROWS, (highWatermark, { committedBatches }) =>
          batches(highWatermark, { batches: committedBatches, rows: 0 }),
        ),
      ],
    }),
    watermarkPlugin(),
  ]);
});
export type IngestWorkerProgram = typeof handlers;

serve(handlers);
