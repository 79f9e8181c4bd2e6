import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { TidemarkConfig } from '../../contracts/config.js';
import type { Health } from './health.js';
import { startWatches } from './start-watches.js';
import type { Tracing } from './tracing.js';

export interface Surroundings {
  config: TidemarkConfig;
  connection: NativeConnection;
  dataConverter: DataConverter | undefined;
  tracing: Tracing | undefined;
  health: Health | undefined;
}

/** Runs a worker with what belongs around it: its health endpoint, the watches of its pipelines, its traces. */
export async function runSurrounded(worker: Worker, surroundings: Surroundings): Promise<void> {
  const { config, connection, dataConverter, tracing, health } = surroundings;
  try {
    const running = worker.run();
    const { namespace, taskQueue } = worker.options;
    const client = new Client({ connection, namespace, ...(dataConverter === undefined ? {} : { dataConverter }) });
    // Nothing that moves a table depends on it: the next worker, or the end of the next run, tries it again.
    const watching = startWatches(client, config, taskQueue).catch(() => undefined);
    await running;
    await watching;
  } finally {
    await health?.close();
    await tracing?.shutdown().catch(() => undefined);
  }
}
