import { DefaultLogger, Runtime, type LogLevel, type TelemetryOptions } from '@temporalio/worker';
import type { Logger } from 'pino';

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const satisfies Record<
  LogLevel,
  string
>;

/**
 * Sends the logs of Temporal's worker to ours. To be called before the first connection of a worker. Signals are left to the command,
 * which ends things in their order.
 */
export function installTemporalRuntime(log: Logger, metrics?: TelemetryOptions['metrics']): void {
  Runtime.install({
    shutdownSignals: [],
    // Below a warning they tell of bundling and states: of use to who looks for a fault.
    logger: new DefaultLogger(log.isLevelEnabled('debug') ? 'DEBUG' : 'WARN', ({ level, message, meta }) => {
      log[levels[level]](meta ?? {}, message);
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(metrics === undefined ? {} : { metrics }),
    },
  });
}
