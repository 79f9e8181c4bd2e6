import { defineSource } from '../../activities/postgres/index.js';
import { configSchema, type TidemarkConfigInput } from '../../contracts/config.js';
import { createTidemarkWorker } from '../../workers/worker.js';
import { batchBehind, SOURCE } from '../fleet/pipelines.js';
import { workerHandlers, type WorkerPlace } from './bench-worker.js';
import { serve } from './program.js';

export interface FleetWorkerStart extends WorkerPlace {
  config: TidemarkConfigInput;
}

/** The worker that `tidemark worker` is, with a source of the user's own. */
const handlers = workerHandlers<FleetWorkerStart>(({ config, bundlePath, namespace, taskQueue }, connection) =>
  createTidemarkWorker({
    config: configSchema.parse(config),
    connection,
    namespace,
    taskQueue,
    ingest: {
      sources: [
        defineSource(SOURCE, (highWatermark, { tables, options, committedBatches }) => {
          const [table] = tables;
          if (table === undefined || committedBatches > 0) return [];
          return [batchBehind(highWatermark, table, Number(options['rows']))];
        }),
      ],
    },
    worker: { workflowBundle: { codePath: bundlePath } },
  }),
);
export type FleetWorkerProgram = typeof handlers;

serve(handlers);
