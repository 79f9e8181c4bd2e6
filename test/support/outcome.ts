import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ErrorInfo } from '../../contracts/errors.js';

export interface Failed<T> {
  code: string;
  message: string;
  /** The list that a success would have returned, where the failure carries it. */
  result: T | undefined;
}

/** The failure that a workflow ended with; fails the test when it succeeded. */
export async function failureOf<T>(run: Promise<T>): Promise<Failed<T>> {
  try {
    await run;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    if (!(error.cause instanceof ApplicationFailure)) throw error;
    // What `failWith` puts there: the error, then the list.
    const [, result] = (error.cause.details ?? []) as [ErrorInfo, T?];
    return { code: error.cause.type ?? '', message: error.cause.message, result };
  }
  throw new Error('the workflow succeeded, a failure was expected');
}
