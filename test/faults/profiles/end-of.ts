import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Findings } from '../findings.js';

/** A workflow that has not ended by then counts as stuck. */
const STUCK_AFTER_MS = 180_000;

/** The result of a workflow; undefined when it failed or never ended, which is a finding. */
export async function endOf(handle: WorkflowHandle, findings: Findings): Promise<unknown> {
  const giveUp = new AbortController();
  const tooLong = sleep(STUCK_AFTER_MS, 'stuck' as const, { signal: giveUp.signal }).catch(() => 'stuck' as const);
  const ended = handle.result().then(
    (result: unknown) => ({ result }),
    (error: unknown) => {
      if (!(error instanceof WorkflowFailedError)) throw error;
      findings.add('wrong', `the workflow failed: ${error.cause?.message ?? error.message}`);
      return { result: undefined };
    },
  );
  const ending = await Promise.race([ended, tooLong]);
  giveUp.abort();
  if (ending !== 'stuck') return ending.result;
  findings.add('stuck', `still open after ${STUCK_AFTER_MS / 1_000} s`);
  await handle.terminate('the fault campaign gave up waiting');
  return undefined;
}
