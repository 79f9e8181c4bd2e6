import { ApplicationFailure } from '@temporalio/workflow';

/** State carried over by continue-as-new is versioned: code that does not know its version must not guess at it. */
export function checkCarried(carried: { version: number } | undefined): void {
  if (carried === undefined || carried.version === 1) return;
  const message = `This worker knows version 1 of the carried state, not ${carried.version}. Run the workers of one release.`;
  throw ApplicationFailure.nonRetryable(message, 'CARRIED_STATE_VERSION', {
    code: 'CARRIED_STATE_VERSION',
    message,
    retryable: false,
  });
}
