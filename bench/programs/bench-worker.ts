import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerPlugin } from '@temporalio/worker';
import { settleProcess, tuneProcess } from '../../workers/tune-process.js';
import { liveMegabytes } from './live-memory.js';
import { peakRssMegabytes } from './peak-memory.js';

/** Where a worker works. */
export interface WorkerPlace {
  address: string;
  namespace: string;
  taskQueue: string;
  /** File of the prebuilt workflow bundle. */
  bundlePath: string;
}

/** A worker that has been made and does not poll yet. */
interface MadeWorker {
  run: () => Promise<void>;
  shutdown: () => void;
}

/** What a program that is a worker, and has nothing else in its process, can be asked. */
export function workerHandlers<Start extends WorkerPlace>(
  make: (start: Start, connection: NativeConnection) => Promise<MadeWorker>,
) {
  let connection: NativeConnection | undefined;
  let worker: MadeWorker | undefined;
  let running: Promise<void> | undefined;
  return {
    start: async (start: Start) => {
      tuneProcess();
      Runtime.install({ logger: new DefaultLogger('WARN') });
      connection = await NativeConnection.connect({ address: start.address });
      worker = await make(start, connection);
      settleProcess();
      running = worker.run();
    },
    peakRssMegabytes: () => peakRssMegabytes(),
    /** Only where the program was started with `LIVE_MEMORY_OPTIONS`. */
    liveMegabytes: () => liveMegabytes(),
    /** Seconds of CPU of all its threads so far. */
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    stop: async () => {
      worker?.shutdown();
      await running;
      await connection?.close();
    },
  };
}

/** A worker as a user writes one: with plugins, and workflows bundled ahead of time. */
export async function pluginWorker(
  { namespace, taskQueue, bundlePath }: WorkerPlace,
  connection: NativeConnection,
  plugins: WorkerPlugin[],
): Promise<MadeWorker> {
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath: bundlePath },
    plugins,
  });
  return {
    run: () => worker.run(),
    shutdown: () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}
