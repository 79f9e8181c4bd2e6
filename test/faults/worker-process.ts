import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import type { TidemarkConfig } from '../../contracts/config.js';
import { closeConnections, openConnections } from '../../workers/connections.js';
import { createTidemarkWorker } from '../../workers/worker.js';

// The worker of one cell, in a process of its own, so that SIGKILL is real. Every line that it prints is searched for secrets.

export interface WorkerProcessOptions {
  config: TidemarkConfig;
  address: string;
  namespace: string;
  /** File of the workflow bundle, built once for the campaign. */
  bundle: string;
  identity: string;
}

const print = (entry: object): void => {
  process.stderr.write(`${JSON.stringify(entry)}\n`);
};
Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('DEBUG', ({ level, message, meta }) => print({ level, message, ...meta })),
  telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
});

// The campaign that started us wrote it: nothing else calls this program.
const options = JSON.parse(process.argv[2] ?? '{}') as WorkerProcessOptions;
const connection = await NativeConnection.connect({ address: options.address });
const connections = openConnections(options.config, print);
const tidemark = await createTidemarkWorker({
  config: options.config,
  connection,
  namespace: options.namespace,
  connections,
  worker: {
    workflowBundle: { codePath: options.bundle },
    identity: options.identity,
    // Each open poll of a worker that stands still takes a task with it, for as long as that task's timeout: few, so that many faults
    // fit into minutes. A sticky workflow comes back as quickly.
    maxConcurrentWorkflowTaskPolls: 2,
    maxConcurrentActivityTaskPolls: 2,
    stickyQueueScheduleToStartTimeout: '2s',
  },
});

process.on('SIGTERM', () => tidemark.shutdown());
process.on('disconnect', () => process.exit(1));
const running = tidemark.run();
process.send?.({ ready: {} });
await running;
await closeConnections(connections);
await connection.close();
process.exit(0);
