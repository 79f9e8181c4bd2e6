import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  ChildWorkflowFailure,
  isCancellation,
  TimeoutFailure,
} from '@temporalio/workflow';
import { cutText, type ErrorInfo } from '../contracts/errors.js';

/** What a failed step or child says, without its stack. Cancellation is not an error: it is thrown on. */
export function errorInfoOf(error: unknown): ErrorInfo {
  if (isCancellation(error)) throw error;
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) {
    const info = error.cause === undefined ? unknownInfo(error) : errorInfoOf(error.cause);
    // Temporal does not retry a step whose cancellation was asked for: its last error is not final, only the end of its retries.
    if (info.retryable && CancellationScope.current().consideredCancelled) throw new CancelledFailure(info.message);
    return info;
  }
  if (error instanceof TimeoutFailure) {
    return {
      code: 'STEP_TIMEOUT',
      message: `The step did not end in time (${error.timeoutType}), after all its attempts. Is a worker running, and does it reach the system?`,
      retryable: true,
    };
  }
  if (error instanceof ApplicationFailure) {
    const detail: unknown = error.details?.[0];
    if (isErrorInfo(detail)) return { ...detail, message: cutText(detail.message) };
    return { code: error.type ?? 'UNEXPECTED', message: cutText(error.message), retryable: !error.nonRetryable };
  }
  return unknownInfo(error);
}

/** The list that a failed workflow left in its failure's details: what its result would have been. */
export function resultInFailure(error: unknown): unknown {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return resultInFailure(error.cause);
  return error instanceof ApplicationFailure ? error.details?.[1] : undefined;
}

function unknownInfo(error: unknown): ErrorInfo {
  return {
    code: 'UNEXPECTED',
    message: cutText(error instanceof Error ? error.message : String(error)),
    retryable: false,
  };
}

function isErrorInfo(value: unknown): value is ErrorInfo {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value && 'retryable' in value;
}

/** Fails the workflow for good; `details` carry the same list as a result would. */
export function failWith(info: ErrorInfo, message: string, details?: unknown): ApplicationFailure {
  const text = cutText(message);
  const failure = ApplicationFailure.nonRetryable(
    text,
    info.code,
    { ...info, message: text },
    ...(details === undefined ? [] : [details]),
  );
  // It would lead to this line, and take the place of the reason in the Web UI.
  failure.stack = '';
  return failure;
}

/**
 * Fails the run of a pipeline: for good, unless the error is one that trying again can mend. Then the retry policy that its Schedule
 * has given it, if any, begins it anew; without one it is the same.
 */
export function failRun(info: ErrorInfo, message: string, details?: unknown): ApplicationFailure {
  const final = failWith(info, message, details);
  const failure = ApplicationFailure.create({
    message: final.message,
    type: info.code,
    nonRetryable: !info.retryable,
    details: final.details ?? [],
  });
  failure.stack = '';
  return failure;
}

/** Runs a workflow's body; a step's or child's failure that nothing else has handled fails the workflow in plain words. */
export async function inPlainWords<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure || error instanceof ChildWorkflowFailure))
      throw error;
    const info = errorInfoOf(error);
    throw failWith(info, info.message);
  }
}
