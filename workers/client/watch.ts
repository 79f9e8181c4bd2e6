import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { ProgressView } from '../../contracts/titan-results.js';
import { outcomeOf, type RunOutcome } from './outcome.js';

export interface WatchOptions {
  /** Called with each answer of the query `progress`. */
  onProgress?: (view: ProgressView) => void;
  /** Called when nobody answers the query for a while: most often no worker runs. */
  onSilence?: (reason: string) => void;
  /** Milliseconds between two queries. Default 1000. */
  intervalMs?: number;
  /** Ends the watching, never the run: the returned promise is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** Queries without an answer after which `onSilence` is told. */
const SILENT_QUERIES = 5;

/** Waits for the end of a run, across continue-as-new, and tells of its progress meanwhile. */
export async function watchRun(handle: WorkflowHandle, options: WatchOptions = {}): Promise<RunOutcome> {
  const over = new AbortController();
  // Not waited for at the end: a query that nobody answers takes its time, and it tells nothing after `over`.
  void reportProgress(handle, options, over.signal);
  try {
    return await Promise.race([endOf(handle), aborted(options.signal, over.signal)]);
  } finally {
    over.abort();
  }
}

async function endOf(handle: WorkflowHandle): Promise<RunOutcome> {
  try {
    const result: unknown = await handle.result();
    return { outcome: 'completed', result };
  } catch (error) {
    return outcomeOf(error);
  }
}

async function reportProgress(handle: WorkflowHandle, options: WatchOptions, over: AbortSignal): Promise<void> {
  const { onProgress, onSilence, intervalMs = 1_000 } = options;
  if (onProgress === undefined) return;
  for (let silent = 0; !over.aborted;) {
    try {
      const view = await handle.query<ProgressView>('progress');
      silent = 0;
      if (!isAborted(over)) onProgress(view);
    } catch (error) {
      // A query fails while no worker runs or one is starting: the run itself is not harmed by it.
      silent += 1;
      if (silent === SILENT_QUERIES && !isAborted(over))
        onSilence?.(error instanceof Error ? error.message : String(error));
    }
    await sleep(intervalMs, undefined, { signal: over }).catch(() => undefined);
  }
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
