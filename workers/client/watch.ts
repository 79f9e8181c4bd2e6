import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { AmsProgress } from '../../contracts/ams-results.js';
import type { IngestProgress } from '../../contracts/postgres-results.js';
import type { ProgressView } from '../../contracts/titan-results.js';
import { liveIngest } from './ingest-heartbeat.js';
import { outcomeOf, type RunOutcome } from './outcome.js';
import { liveProfiles } from './profiles-heartbeat.js';

/** Answer of the query `progress`, by the workflow that gives it. */
export type RunProgress = ProgressView | IngestProgress | AmsProgress;

export interface WatchOptions {
  /** Called with each answer of the query `progress`; of an ingest with what its activity tells meanwhile. */
  onProgress?: (progress: RunProgress) => void;
  /** Called when nobody answers the query for a while: most often no worker runs. */
  onSilence?: () => void;
  /** Milliseconds without an answer after which it is called. Default 10000. */
  silenceMs?: number;
  /** Milliseconds between two queries. Default 1000. */
  intervalMs?: number;
  /** Ends the watching, never the run: the returned promise is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** Waits for the end of a run, across continue-as-new, and tells of its progress meanwhile. */
export async function watchRun(handle: WorkflowHandle, options: WatchOptions = {}): Promise<RunOutcome> {
  const over = new AbortController();
  // Each call listens to it, and the SDK's stay until the end.
  setMaxListeners(0, over.signal);
  // Calls that are under way at the end are ended too: the caller may close the connection right after.
  const calls = [
    handle.client.withAbortSignal(over.signal, () => reportProgress(handle, options, over.signal)),
    handle.client.withAbortSignal(over.signal, () => endOf(handle)),
  ] as const;
  try {
    return await Promise.race([calls[1], aborted(options.signal, over.signal)]);
  } finally {
    over.abort();
    await Promise.race([Promise.allSettled(calls), sleep(SETTLE_MS, undefined, { ref: false })]);
  }
}

/** A call that is just waiting to be tried again does not hear of its end: it is not waited for any longer than this. */
const SETTLE_MS = 1_000;

async function endOf(handle: WorkflowHandle): Promise<RunOutcome> {
  try {
    const result: unknown = await handle.result();
    return { outcome: 'completed', result };
  } catch (error) {
    return outcomeOf(error);
  }
}

async function reportProgress(handle: WorkflowHandle, options: WatchOptions, over: AbortSignal): Promise<void> {
  const { onProgress, onSilence, intervalMs = 1_000, silenceMs = 10_000 } = options;
  if (onProgress === undefined) return;
  // A query without a worker is itself held for a long time: silence is measured by the clock, not by failed queries.
  const silence = onSilence === undefined ? undefined : setTimeout(onSilence, silenceMs).unref();
  over.addEventListener('abort', () => clearTimeout(silence));
  while (!over.aborted) {
    try {
      const asked = await handle.query<RunProgress>('progress');
      const progress = await live(handle, asked);
      if (isAborted(over)) return;
      silence?.refresh();
      onProgress(progress);
    } catch {
      // No worker runs, or one is starting: the run itself is not harmed by it, and `onSilence` tells of it.
    }
    await sleep(intervalMs, undefined, { signal: over }).catch(() => undefined);
  }
}

/** With what the open step tells meanwhile. */
async function live(handle: WorkflowHandle, asked: RunProgress): Promise<RunProgress> {
  if ('highWatermark' in asked) return liveIngest(handle, asked);
  return 'attempted' in asked ? liveProfiles(handle, asked) : asked;
}

/** The signal may have changed during an await, which the compiler cannot see. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

/** Rejects when the caller's signal is aborted; leaves nothing behind when `over` comes first. */
function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal === undefined) return;
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('the watching was ended'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { signal: over });
  });
}
