import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { TidemarkError, type ErrorInfo } from '../contracts/errors.js';

/**
 * Turns what a connector threw into what Temporal retries or not. The failure's type is the error's code, its only detail an
 * {@link ErrorInfo}. The cause stays behind: it may hold an address with its signature or a row.
 *
 * @param soFar what the step's result would have been, as a second detail
 */
export function toFailure(error: unknown, soFar?: unknown): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof TidemarkError) {
    return withoutStack(
      ApplicationFailure.create({
        message: error.message,
        type: error.code,
        nonRetryable: !error.retryable,
        details: detailsOf(error.toInfo(), soFar),
        ...(error.retryAfterSeconds === undefined ? {} : { nextRetryDelay: error.retryAfterSeconds * 1_000 }),
      }),
    );
  }
  return unexpected(error, soFar);
}

/** A defect or a fault of the machine (disk full, file gone): tried again as the policy says, its text reduced to what is safe. */
function unexpected(error: unknown, soFar: unknown): ApplicationFailure {
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  const info: ErrorInfo = {
    code: 'UNEXPECTED',
    message: `Unexpected ${name}${code}. The worker's log has its stack.`,
    retryable: true,
  };
  return withoutStack(
    ApplicationFailure.create({ message: info.message, type: info.code, details: detailsOf(info, soFar) }),
  );
}

function detailsOf(info: ErrorInfo, soFar: unknown): unknown[] {
  return soFar === undefined ? [info] : [info, soFar];
}

/** Its stack would lead to this file, and stand before the reason in the Web UI. */
export function withoutStack(failure: ApplicationFailure): ApplicationFailure {
  failure.stack = '';
  return failure;
}
