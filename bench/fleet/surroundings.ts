import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { startInOrder } from '../in-order.js';
import { watermarkWorkflowId } from '../../contracts/watermark.js';
import type { TemporalClient } from '../../workers/client/index.js';
import { startDevServer, startPostgres } from '../../workers/dev-server/index.js';
import { typedSearchAttributes } from '../../workers/operations/search-attributes.js';
import { makeWorkFolder } from '../work-folder.js';
import { bundleWorkflows } from '../workflow-bundle.js';
import { tableOf, type FleetConfig, type FleetPipeline } from './pipelines.js';
import { cpuSecondsOf } from './process-cpu.js';
import { applyFleet } from './schedules.js';
import { startWorkers, type FleetWorkers } from './workers.js';

/** A Temporal server with a database file, as `tidemark dev` starts one, a PostgreSQL, and as many workers as a case wants. */
export interface FleetSurroundings {
  fleet: FleetConfig;
  temporal: TemporalClient;
  /** Of the target. */
  database: pg.Client;
  /** New processes, so that their memory is that of one case. */
  startWorkers: (count: number) => Promise<FleetWorkers>;
  /** Seconds of CPU so far. */
  cpuSeconds: () => { temporal: number | undefined; postgres: number | undefined };
  /** Of the Temporal server's database; undefined for a server that was running before. */
  serverBytes: () => Promise<number | undefined>;
  stop: () => Promise<void>;
}

export async function startFleetSurroundings(
  { workFolder, workerOptions }: { workFolder: string; workerOptions: readonly string[] },
  size: { pipelines: number; rows: number },
): Promise<FleetSurroundings> {
  return startInOrder(async (onStop) => {
    const { folder, remove } = await makeWorkFolder(workFolder);
    onStop(remove);
    const postgres = await startPostgres();
    onStop(() => postgres.stop());
    const database = new pg.Client({ connectionString: postgres.url });
    await database.connect();
    onStop(() => database.end());
    const server = await startDevServer({
      dbFile: path.join(folder, 'temporal.db'),
      searchAttributes: typedSearchAttributes(),
    });
    onStop(() => server.stop());
    const { address, namespace, connectionOptions } = server;
    const connection = await Connection.connect(connectionOptions);
    onStop(() => connection.close());

    const id = randomUUID().slice(0, 8);
    const taskQueue = `bench-fleet-${id}`;
    const fleet: FleetConfig = {
      pipelines: Array.from({ length: size.pipelines }, (_, index) => pipelineOf(id, index)),
      rows: size.rows,
      project: taskQueue,
      taskQueue,
      access: postgres.access,
      results: path.join(folder, 'results'),
    };
    const temporal: TemporalClient = {
      client: new Client({ connection, namespace }),
      target: { address, namespace, taskQueue, connectionOptions, webUi: server.webUiUrl, from: 'the benchmark' },
      close: () => Promise.resolve(),
    };
    // One that was running before stays, without what we have made in it.
    if (server.pid === undefined) onStop(() => tidyUp(temporal, fleet));
    const bundlePath = await bundleWorkflows(folder);
    const place = { address, namespace, taskQueue, bundlePath };
    return {
      fleet,
      temporal,
      database,
      startWorkers: (count) => startWorkers(count, { place, fleet, nodeOptions: workerOptions }),
      cpuSeconds: () => ({
        temporal: server.pid === undefined ? undefined : cpuSecondsOf(server.pid),
        postgres: cpuSecondsOf(postgres.pid),
      }),
      serverBytes: async () => (server.pid === undefined ? undefined : bytesOf(folder, 'temporal.db')),
    };
  });
}

function pipelineOf(id: string, index: number): FleetPipeline {
  const table = tableOf('fleet', index);
  return { name: `${table.name}-${id}`, table };
}

/** The file and those beside it that belong to it. */
async function bytesOf(folder: string, name: string): Promise<number> {
  const files = (await readdir(folder)).filter((file) => file.startsWith(name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function tidyUp(temporal: TemporalClient, fleet: FleetConfig): Promise<void> {
  await applyFleet(temporal, { ...fleet, pipelines: [] }, () => new Date());
  for (const { name } of fleet.pipelines)
    await temporal.client.workflow
      .getHandle(watermarkWorkflowId(name))
      .terminate('the benchmark has ended')
      // One that never ran has none.
      .catch(() => undefined);
}
