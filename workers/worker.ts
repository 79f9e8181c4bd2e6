import { Worker, type NativeConnection, type WorkerOptions } from '@temporalio/worker';
import type { TidemarkConfig } from '../contracts/config.js';
import { MAX_STORED_ROWS } from '../contracts/table-reference.js';
import { closeConnections, openConnections, type Connections } from './connections.js';
import { dataConverterOf } from './data-converter.js';
import { resultsLocation } from './results-location.js';
import { operationsOptionsOf } from './operations/operations-options.js';
import { startHealth } from './operations/health.js';
import { runSurrounded } from './operations/surroundings.js';
import { startTracing } from './operations/tracing.js';
import { workerOptionsOf } from './operations/worker-options.js';
import { amsPlugin } from './plugins/ams-plugin.js';
import { nexusPlugin } from './plugins/nexus-plugin.js';
import { operationsPlugin } from './plugins/operations-plugin.js';
import { postgresPlugin, type PostgresPluginOptions } from './plugins/postgres-plugin.js';
import { titanRdmPlugin } from './plugins/titan-rdm-plugin.js';
import { watermarkPlugin } from './plugins/watermark-plugin.js';
import { usableBundle } from './workflow-bundle.js';

export interface TidemarkWorkerOptions {
  config: TidemarkConfig;
  connection: NativeConnection;
  namespace: string;
  /** Default: the config's. */
  taskQueue?: string;
  /** Address of the Web UI, for links in notifications. Default: the config's. */
  webUi?: string | undefined;
  /** Opened already; otherwise the worker opens the config's own and closes them at its end. */
  connections?: Connections;
  /** Sources and hooks of your own, for `postgresIngest`. */
  ingest?: Pick<PostgresPluginOptions, 'sources' | 'hooks'>;
  /** Anything else that Temporal's worker takes; a `workflowBundle` saves the bundling at start. */
  worker?: Partial<WorkerOptions>;
}

export interface TidemarkWorker {
  worker: Worker;
  /** Polls until it is shut down; closes the connections that it opened. */
  run(): Promise<void>;
  shutdown(): void;
}

/** A worker for every connection of a `tidemark.yaml`, with all Tidemark workflows. */
export async function createTidemarkWorker(options: TidemarkWorkerOptions): Promise<TidemarkWorker> {
  const { config } = options;
  const connections = options.connections ?? openConnections(config);
  const dataConverter = await dataConverterOf(config.temporal, 'worker');
  const inlineRows = config.temporal.payloadStorage === undefined ? {} : { maxInlineRows: MAX_STORED_ROWS };
  const { tracing: wanted, health: { address } = {}, bundle } = config.worker;
  // Before anything is begun that would have to be ended.
  const prebuilt =
    bundle === undefined ? undefined : await usableBundle(bundle, { ...config.temporal, ...config.worker });
  const tracing = wanted === undefined ? undefined : await startTracing(wanted);
  const health = address === undefined ? undefined : await startHealth(address, options.connection);
  const worker = await Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: options.taskQueue ?? config.temporal.taskQueue,
    ...workerOptionsOf(config.worker),
    ...(prebuilt === undefined ? {} : { workflowBundle: prebuilt }),
    ...(dataConverter === undefined ? {} : { dataConverter }),
    plugins: [
      operationsPlugin(operationsOptionsOf(config, { namespace: options.namespace, webUi: options.webUi })),
      titanRdmPlugin({
        connections: connections.titanrdm,
        stores: connections.stores,
        results: resultsLocation(config.results),
        ...inlineRows,
        workflows: true,
      }),
      postgresPlugin({
        connections: connections.databases,
        stores: connections.stores,
        titanrdm: connections.titanrdm,
        ...inlineRows,
        ...options.ingest,
      }),
      watermarkPlugin(),
      amsPlugin({
        connections: connections.ams,
        stores: connections.stores,
        results: resultsLocation(config.results),
        ...inlineRows,
      }),
      ...(config.worker.nexus ? [nexusPlugin()] : []),
      ...(tracing === undefined ? [] : [tracing.plugin]),
    ],
    ...options.worker,
  }).catch(async (error: unknown) => {
    await health?.close();
    throw error;
  });
  health?.observe(worker);
  return {
    worker,
    run: async () => {
      try {
        await runSurrounded(worker, { config, connection: options.connection, dataConverter, tracing, health });
      } finally {
        if (options.connections === undefined) await closeConnections(connections);
      }
    },
    shutdown: () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
