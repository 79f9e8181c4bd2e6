import { Context } from '@temporalio/activity';
import { ApplicationFailure, type MetricTags } from '@temporalio/common';
import { watermarkTime } from './watermark-time.js';

// Metrics of steps, through Temporal's own meter: the worker's runtime exports them beside the SDK's own. Each label has few values: a
// pipeline's name is one of the config's, for a run under another workflow id it is empty.

/** Steps that move rows: of others a number of rows in the result is only what a server says. */
const MOVES = new Set(['titanSendTable', 'titanReceiveTable', 'postgresIngestStretch', 'amsUpsertProfiles']);

/** A step has ended well. */
export function measureSuccess(seconds: number, result: unknown): void {
  quietly((step) => {
    step.duration(seconds, 'success');
    step.moved(result);
  });
}

/** A step, or one of its attempts, has failed or was cancelled. */
export function measureFailure(seconds: number, failure: Error): void {
  quietly((step) => {
    const isFault = failure instanceof ApplicationFailure;
    step.duration(seconds, isFault ? 'failure' : 'cancelled');
    if (!isFault) return;
    step.fault(failure.type ?? 'UNEXPECTED');
    // What was committed before counts; another attempt would count it itself.
    if (failure.nonRetryable === true) step.moved(failure.details?.[1]);
  });
}

class StepMeter {
  private readonly tags: MetricTags;

  constructor(private readonly context: Context) {
    const { activityType, workflowType, workflowExecution } = context.info;
    this.tags = {
      pipeline: /^tidemark\/pipeline\/([^/]+)/u.exec(workflowExecution?.workflowId ?? '')?.[1] ?? '',
      workflow: workflowType ?? '',
      system: /^(titan|postgres|ams|tidemark)/u.exec(activityType)?.[1] ?? '',
    };
  }

  duration(seconds: number, outcome: 'success' | 'failure' | 'cancelled'): void {
    this.context.metricMeter
      .createHistogram('tidemark_step_duration_seconds', 'float', 's', 'Duration of one attempt of a step')
      .record(seconds, { ...this.tags, step: this.context.info.activityType, outcome });
  }

  fault(code: string): void {
    this.count('tidemark_faults_total', 'Attempts of steps that failed, by the code of the error', 1, { code });
  }

  moved(result: unknown): void {
    if (!MOVES.has(this.context.info.activityType) || typeof result !== 'object' || result === null) return;
    const { rows, bytes, lastChange, highWatermark } = result as Moved; // of steps that move rows
    if (typeof rows === 'number') this.count('tidemark_rows_total', 'Rows that steps have sent or received', rows);
    if (typeof bytes === 'number') this.count('tidemark_bytes_total', 'Bytes of tables sent or received', bytes);
    const time = watermarkTime(highWatermark?.to ?? lastChange);
    if (time === undefined) return;
    const { metricMeter } = this.context;
    metricMeter
      .createGauge('tidemark_watermark_timestamp_seconds', 'float', 's', 'Instant that the high watermark stands for')
      .set(time, this.tags);
    metricMeter
      .createGauge('tidemark_watermark_lag_seconds', 'float', 's', 'How far it was behind when the step ended')
      .set(Math.max(0, Date.now() / 1_000 - time), this.tags);
  }

  private count(name: string, description: string, value: number, more: MetricTags = {}): void {
    this.context.metricMeter.createCounter(name, undefined, description).add(value, { ...this.tags, ...more });
  }
}

interface Moved {
  rows?: unknown;
  bytes?: unknown;
  lastChange?: unknown;
  highWatermark?: { to?: unknown };
}

/** A step's outcome is what counts, not that it was counted. */
function quietly(measure: (step: StepMeter) => void): void {
  try {
    measure(new StepMeter(Context.current()));
  } catch (error) {
    Context.current().log.warn('a metric could not be recorded', { reason: error instanceof Error ? error.name : '' });
  }
}
