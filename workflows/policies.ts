import type { ActivityOptions } from '@temporalio/workflow';

// Every timeout and retry policy of Tidemark, in one place.

/** Attempts of a step before its error is final. With the waits between them: about five minutes. */
const STEP_RETRY = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 15,
} as const;

/**
 * A worker that died is noticed after this long. Heartbeats go out every two seconds at most (the plugin's worker option), so a
 * cancellation arrives that fast.
 */
const HEARTBEAT_TIMEOUT = '10s';

/** A few calls to a system. Cancellation need not wait for their end. */
export const CALL: ActivityOptions = {
  startToCloseTimeout: '10m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: STEP_RETRY,
};

/** Moves a table of any size. Its end is waited for on cancellation: it still has to tell the other side. */
export const TRANSFER: ActivityOptions = {
  startToCloseTimeout: '24h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: STEP_RETRY,
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
};

/**
 * A stretch of batches. An attempt after others ends with its first batch, so that what is tried in vain counts, not what a long run
 * meets on its way. Its end is waited for on cancellation: the open batch is being rolled back.
 */
export const INGEST: ActivityOptions = TRANSFER;

/** Works through a table of profiles. Its end is waited for on cancellation: it still notes which rows were written. */
export const PROFILES: ActivityOptions = TRANSFER;

/** Waits for a server inside one activity: no event per poll. The activity itself ends the wait at `maxWaitSeconds`. */
export function polling(maxWaitSeconds: number): ActivityOptions {
  return {
    startToCloseTimeout: (maxWaitSeconds + 600) * 1_000,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    // A worker's death must not use up the patience for a long import.
    retry: { ...STEP_RETRY, maximumAttempts: 100 },
  };
}

/** A word with the watermark workflow. A worker without the plugin is no passing trouble: the run is told at once. */
export const WATERMARK: ActivityOptions = {
  startToCloseTimeout: '1m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { ...STEP_RETRY, maximumInterval: '10s', maximumAttempts: 5, nonRetryableErrorTypes: ['NotFoundError'] },
};

/**
 * Looks whether another run has ended, and looks again, however long that takes: workers that are replaced meanwhile must not end it.
 * Between two looks it waits at the server, so that any number of runs can wait and none keeps a worker busy.
 */
export const WAIT_FOR_RUN: ActivityOptions = {
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '30d',
  retry: {
    initialInterval: '1s',
    backoffCoefficient: 1.25,
    maximumInterval: '5s',
    nonRetryableErrorTypes: ['NotFoundError'],
  },
};

/** The last word to a server about a batch that is given up: brief, since a cancelled workflow waits for it. */
export const LAST_WORD: ActivityOptions = {
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '20s',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', maximumAttempts: 2 },
};

/** Batches begun anew after one became unusable (a worker died between two calls, an address expired). */
export const MAX_BATCHES = 20;

/** Seconds before batch number `batch` (from 2) is begun. */
export function secondsBeforeBatch(batch: number): number {
  return Math.min(30, 2 ** (batch - 2));
}

/**
 * Asks the worker what it offers to a run, which is the same without. Not a local activity: where the cache of workflows is small, a workflow
 * that waits for one is thrown out of it, and its task runs out of time.
 */
export const SETTINGS: ActivityOptions = {
  startToCloseTimeout: '6s',
  retry: { initialInterval: '1s', maximumAttempts: 3, nonRetryableErrorTypes: ['NotFoundError'] },
  summary: 'What this worker offers to a run',
};

/** Tells a watch of a run's end: brief, since the run's own end waits for it. */
export const REPORT: ActivityOptions = {
  startToCloseTimeout: '10s',
  scheduleToCloseTimeout: '1m',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '1s', maximumInterval: '10s' },
};

/** Posts a notification: a webhook that is away for an hour misses it. */
export const NOTIFY: ActivityOptions = {
  startToCloseTimeout: '1m',
  scheduleToCloseTimeout: '1h',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '2m' },
};

/** Looks when a high watermark moved last. */
export const LOOK: ActivityOptions = { ...CALL, summary: 'When did the high watermark move?' };
