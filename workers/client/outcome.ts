import { CancelledFailure, TerminatedFailure, TimeoutFailure, WorkflowFailedError } from '@temporalio/client';
import type { ErrorInfo } from '../../contracts/errors.js';

/** How a run ended. */
export type RunOutcome =
  | { outcome: 'completed'; result: unknown }
  | {
      outcome: 'failed';
      error: ErrorInfo;
      /** What a successful run's result would be, as far as it came. */ result?: unknown;
    }
  | { outcome: 'cancelled' | 'terminated' | 'timed out'; error: ErrorInfo };

/** Reads the end of a run from what `handle.result()` throws; anything that is not an end is thrown on. */
export function outcomeOf(error: unknown): RunOutcome {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { cause } = error;
  if (cause instanceof CancelledFailure) return ended('cancelled', 'RUN_CANCELLED', 'The run was cancelled.');
  if (cause instanceof TerminatedFailure) return ended('terminated', 'RUN_TERMINATED', 'The run was terminated.');
  if (cause instanceof TimeoutFailure)
    return ended('timed out', 'RUN_TIMED_OUT', 'The run exceeded its workflow timeout.');
  // The details of an ApplicationFailure: its ErrorInfo, then the result as far as it came.
  const details: unknown[] =
    cause !== undefined && 'details' in cause && Array.isArray(cause.details) ? cause.details : [];
  const info = details.find(isErrorInfo);
  const result = details.find((detail) => !isErrorInfo(detail));
  const type = cause !== undefined && 'type' in cause && typeof cause.type === 'string' ? cause.type : 'UNEXPECTED';
  return {
    outcome: 'failed',
    error: info ?? { code: type, message: cause?.message ?? error.message, retryable: false },
    ...(result === undefined ? {} : { result }),
  };
}

function ended(outcome: 'cancelled' | 'terminated' | 'timed out', code: string, message: string): RunOutcome {
  return { outcome, error: { code, message, retryable: false } };
}

function isErrorInfo(value: unknown): value is ErrorInfo {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
