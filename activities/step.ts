import { CancelledFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import { toFailure } from './failure.js';
import { Heartbeats } from './heartbeats.js';
import { measureFailure, measureSuccess } from './metrics.js';
import { Pulse } from './pulse.js';

/** What a step of a workflow may use of Temporal. */
export interface Step<Cursor> {
  /** Aborted when the workflow is cancelled, the activity timed out, or the worker shuts down. */
  signal: AbortSignal;
  /** From 1. Above 1 an earlier attempt may have done anything up to its last line. */
  attempt: number;
  /** What the latest attempt recorded before it ended: possibly older than what it did. */
  resumed: Cursor | undefined;
  /** Remembers where the step is; sent with the next heartbeat. */
  mark: (cursor: Cursor) => void;
  /** Throws when another attempt may have taken this one's place: to be called right before something is replaced for good. */
  checkPulse: () => void;
}

/**
 * Runs one step: heartbeats all the while, so that cancellation arrives even when nothing moves, and every error leaves as a
 * Temporal failure that says whether to try again.
 */
export async function runStep<Cursor, T>(work: (step: Step<Cursor>) => Promise<T>): Promise<T> {
  const context = Context.current();
  // The SDK types details as any: they are what `mark` of an earlier attempt of this same step wrote.
  const resumed = context.info.heartbeatDetails as Cursor | undefined;
  const pulse = new Pulse(context.info.heartbeatTimeoutMs ?? Infinity);
  const heartbeats = new Heartbeats(resumed, (cursor) => {
    pulse.beat();
    context.heartbeat(cursor);
  });
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1_000;
  try {
    const result = await work({
      signal: context.cancellationSignal,
      attempt: context.info.attempt,
      resumed,
      mark: (cursor) => heartbeats.mark(cursor),
      checkPulse: () => pulse.check(),
    });
    measureSuccess(seconds(), result);
    return result;
  } catch (error) {
    const { aborted } = context.cancellationSignal;
    const failure = aborted ? cancellation(context.cancellationSignal) : toFailure(error);
    measureFailure(seconds(), failure);
    if (aborted) throw failure;
    context.log.warn('step failed', {
      activity: context.info.activityType,
      attempt: context.info.attempt,
      reason: failure.message,
      ...(failure.message.startsWith('Unexpected ') ? { frames: framesOf(error) } : {}),
    });
    throw failure;
  } finally {
    heartbeats.end();
  }
}

/** Where a defect is, without its message: that may hold a value of a row. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack.split('\n').filter((line) => line.trimStart().startsWith('at '));
}

/** Whatever an aborted call threw, the reason is the abort. */
function cancellation(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new CancelledFailure('cancelled');
}

/** Waits, or throws as soon as the signal is aborted. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(cancellation(signal));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, seconds * 1_000);
    signal.addEventListener('abort', abort, { once: true });
  });
}
