import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { TidemarkConfig } from '../contracts/config.js';
import { TidemarkError } from '../contracts/errors.js';
import type { TemporalTarget } from '../workers/client/index.js';
import {
  closeConnections,
  createTidemarkWorker,
  openConnections,
  settleProcess,
  tuneProcess,
} from '../workers/index.js';
import { withClosers } from './closers.js';
import { EXIT } from './exit-codes.js';
import { exitOnSecondSignal, withSignals } from './signals.js';

/**
 * Runs a worker until the process is asked to end: activities then get their grace time. A second signal ends it at once.
 * `onReady` is called when the worker polls.
 */
export async function runWorker(
  config: TidemarkConfig,
  target: Pick<TemporalTarget, 'address' | 'namespace' | 'taskQueue' | 'connectionOptions' | 'webUi'>,
  log: Logger,
  onReady: () => void,
): Promise<void> {
  tuneProcess();
  await withClosers(async (closers) => {
    const connection = await connect(target);
    closers.add(() => connection.close());
    const connections = openConnections(config, ({ level, system, ...entry }) =>
      log[level](entry, `${system} ${entry.event}`),
    );
    closers.add(() => closeConnections(connections));
    const { namespace, taskQueue, webUi } = target;
    const worker = await createTidemarkWorker({ config, connection, namespace, taskQueue, webUi, connections });
    settleProcess();
    const again = exitOnSecondSignal(EXIT.interrupted);
    await withSignals(
      (times) => {
        again(times);
        log.info('stopping: steps under way get %s s', config.worker.shutdownGraceSeconds);
        worker.shutdown();
      },
      async () => {
        const running = worker.run();
        onReady();
        await running;
      },
    );
  });
}

async function connect({
  address,
  connectionOptions,
}: Pick<TemporalTarget, 'address' | 'connectionOptions'>): Promise<NativeConnection> {
  return NativeConnection.connect(connectionOptions).catch((cause: unknown) => {
    throw new TidemarkError(`Temporal at ${address} does not answer.`, {
      code: 'TEMPORAL_UNREACHABLE',
      retryable: true,
      mend: 'Start a local one with `tidemark dev`, or set TEMPORAL_ADDRESS or temporal.address of the config.',
      cause,
    });
  });
}
