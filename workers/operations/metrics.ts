import type { TelemetryOptions } from '@temporalio/worker';

/** Seconds: from one call to a system to the transfer of a large table. */
const STEP_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3_600, 14_400];

/**
 * Metrics for `Runtime.install({ telemetryOptions: { metrics } })`, once per process and before the first connection: an endpoint for Prometheus.
 *
 * @param address `host:port`
 */
export function prometheusMetrics(address: string): NonNullable<TelemetryOptions['metrics']> {
  return {
    prometheus: {
      bindAddress: address,
      useSecondsForDurations: true,
      histogramBucketOverrides: { tidemark_step_duration_seconds: STEP_BUCKETS },
    },
  };
}
