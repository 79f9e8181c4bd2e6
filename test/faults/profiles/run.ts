import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { AmsProgress } from '../../../contracts/ams-results.js';
import { endOf, wordsOf } from '../ending.js';
import type { Findings } from '../findings.js';
import type { FaultyRun } from '../lanes.js';
import type { ProfileFault } from './plan.js';
import type { ProfilesCell } from './profiles-cell.js';
import type { Squad } from './squad.js';

/** A run that has not ended by then counts as stuck. */
const STUCK_AFTER_MS = 180_000;
const DOWN_MS = 6_000;
/** Longer than a worker's heartbeats may be missing. */
const FROZEN_MS = 14_000;

export interface ProfileRun {
  cell: ProfilesCell;
  squad: Squad;
  findings: Findings;
  client: Client;
  workflowId: string;
  /** Left out: a run in peace. */
  fault?: ProfileFault;
}

/** One run with its fault, then the judge; where a worker stands still, a second run in peace, and then it goes on. */
export async function runProfiles(run: ProfileRun): Promise<FaultyRun> {
  const { cell, squad, workflowId, fault, ...rest } = run;
  const outcome = await runWithFault(run);
  if (!cell.workers.hasFrozen()) return outcome;
  const after = await runWithFault({ cell, squad, ...rest, workflowId: `${workflowId}/after` });
  const stoodStill = await cell.workers.thawReplaced();
  // What the old worker still had in hand is of the past: nothing of it may have been written.
  await squad.check();
  return {
    workflowIds: [...outcome.workflowIds, ...after.workflowIds],
    made: outcome.made && stoodStill,
    seconds: outcome.seconds + after.seconds,
  };
}

async function runWithFault(run: ProfileRun): Promise<FaultyRun> {
  const { cell, squad, findings, client, workflowId, fault } = run;
  const input = await squad.next();
  if (fault !== undefined) {
    const { rule, route, skip } = fault;
    // Every run signs in anew, or there would be no call of the sign-in.
    await cell.sandbox.endSessions();
    await cell.sandbox.arm([{ ...rule, match: { route }, skip, times: 1, label: workflowId }]);
  }
  const began = performance.now();
  const over = new AbortController();
  const handle = await client.workflow.start('amsUpsertProfiles', {
    workflowId,
    taskQueue: cell.taskQueue,
    args: [input],
  });
  const making = fault === undefined ? Promise.resolve(false) : make(run, fault, handle, over.signal);
  const confirming = confirm(handle, over.signal);
  // Awaited below, when the run is over: until then nobody would hear of their errors.
  for (const promise of [making, confirming]) promise.catch(() => undefined);
  const ending = await endOf(handle, STUCK_AFTER_MS, findings);
  // Who waits for a moment that never came gives up; what has begun is finished.
  over.abort();
  const made = await making;
  await confirming;
  await cell.sandbox.disarm();
  if (ending.kind === 'ended') squad.checkResult(ending.result);
  else if (ending.kind === 'failed') findings.add('wrong', wordsOf(ending.failure));
  await squad.check();
  return { workflowIds: [workflowId], made, seconds: (performance.now() - began) / 1_000 };
}

/** Makes the fault when its moment comes. Resolves to whether it was really made, while the run was open. */
async function make(
  { cell, squad, workflowId }: ProfileRun,
  { then }: ProfileFault,
  handle: WorkflowHandle,
  over: AbortSignal,
): Promise<boolean> {
  try {
    await cell.sandbox.untilMade(workflowId, over);
  } catch (error) {
    if (!over.aborted) throw error;
    return then === undefined && (await cell.sandbox.made()).has(workflowId);
  }
  const isOpen = async (): Promise<boolean> => (await handle.describe()).status.name === 'RUNNING';
  switch (then) {
    case 'kill': {
      let open = false;
      const ending = await cell.workers.kill(async () => {
        open = await isOpen();
        await squad.checkMidway();
      });
      return ending.signal === 'SIGKILL' && open;
    }
    case 'down':
      await cell.sandbox.stopListening(DOWN_MS);
      return isOpen();
    case 'freeze':
      return (await isOpen()) && (await cell.workers.freeze(FROZEN_MS));
    case 'outlive':
      return (await isOpen()) && (await cell.workers.replaceFrozen());
    default:
      return true;
  }
}

/** Says yes as soon as the run asks. */
async function confirm(handle: WorkflowHandle, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    // While no worker is there, or one is starting, nobody answers.
    const progress = await handle.query<AmsProgress>('progress').catch(() => undefined);
    if (progress?.phase === 'waiting for confirmation') {
      const answer = { by: 'the campaign', answer: 'yes' };
      // The answer itself may meet the fault: then it is asked again, and the second one is refused when the first arrived.
      await handle.executeUpdate('confirm', { args: [answer] }).catch(() => undefined);
    }
    if (progress?.phase === 'sending profiles') return;
    await sleep(100, undefined, { signal: over }).catch(() => undefined);
  }
}
