import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Findings } from './findings.js';

/** How a run ended, seen from outside. */
export type RunEnding =
  { kind: 'ended'; result: unknown } | { kind: 'failed'; failure: WorkflowFailedError } | { kind: 'stuck' };

/** Waits for a run. One that has not ended by then is a finding, and is terminated; what a failure means is for the caller to say. */
export async function endOf(handle: WorkflowHandle, stuckAfterMs: number, findings: Findings): Promise<RunEnding> {
  const giveUp = new AbortController();
  const stuck = { kind: 'stuck' } as const;
  const tooLong = sleep(stuckAfterMs, stuck, { signal: giveUp.signal }).catch(() => stuck);
  const ended = handle.result().then(
    (result: unknown): RunEnding => ({ kind: 'ended', result }),
    (failure: unknown): RunEnding => {
      if (!(failure instanceof WorkflowFailedError)) throw failure;
      return { kind: 'failed', failure };
    },
  );
  try {
    const ending = await Promise.race([ended, tooLong]);
    if (ending.kind === 'stuck') {
      findings.add('stuck', `still open after ${stuckAfterMs / 1_000} s: ${await pendingOf(handle)}`);
      await handle.terminate('the fault campaign gave up waiting');
    }
    return ending;
  } finally {
    giveUp.abort();
  }
}

/** For a finding. */
export function wordsOf(failure: WorkflowFailedError): string {
  return `the workflow failed: ${failure.cause?.message ?? failure.message}`;
}

/** What an open run waits for. */
async function pendingOf(handle: WorkflowHandle): Promise<string> {
  const { raw } = await handle.describe();
  const pending = (raw.pendingActivities ?? []).map(
    ({ activityType, attempt, lastFailure }) =>
      `${activityType?.name ?? 'an activity'}, attempt ${attempt ?? 0}, last failure: ${lastFailure?.message ?? 'none'}`,
  );
  return pending.join('; ') || 'no activity';
}
