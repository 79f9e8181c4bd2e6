import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { AmsProgress } from '../../../contracts/ams-results.js';
import { endOf, wordsOf } from '../ending.js';
import type { Findings } from '../findings.js';
import type { FaultyRun } from '../lanes.js';
import { makeFault } from './make-fault.js';
import type { During, ProfileFault } from './plan.js';
import type { ProfilesCell } from './profiles-cell.js';
import type { Readback } from './readback.js';
import type { Squad } from './squad.js';

/** A run that has not ended by then counts as stuck. */
const STUCK_AFTER_MS = 180_000;

export interface ProfileRun {
  cell: ProfilesCell;
  squad: Squad;
  readback: Readback;
  findings: Findings;
  client: Client;
  workflowId: string;
  fault: ProfileFault;
}

/** Profiles are sent, judged, read back and judged again, with one fault in one of the two. */
export async function runProfiles(run: ProfileRun): Promise<FaultyRun> {
  const began = performance.now();
  const workflowIds: string[] = [];
  const step = async (during: During, part: string, fault?: ProfileFault): Promise<boolean> => {
    const workflowId = `${run.workflowId}${part}`;
    workflowIds.push(workflowId);
    const { squad, readback } = run;
    return runWorkflow(run, workflowId, fault, during === 'upsert' ? await squad.next() : await readback.next(squad));
  };
  const faultOf = (during: During): ProfileFault | undefined => (run.fault.during === during ? run.fault : undefined);
  let sent = await step('upsert', '', faultOf('upsert'));
  if (run.cell.workers.hasFrozen()) {
    // A second run in peace; then the old worker goes on, and what it still had in hand is of the past.
    await step('upsert', '/after');
    sent = (await run.cell.workers.thawReplaced()) && sent;
    await run.squad.check();
  }
  const received = await step('download', '/back', faultOf('download'));
  return { workflowIds, made: sent || received, seconds: (performance.now() - began) / 1_000 };
}

/** What one workflow of a run is to do, and how to tell whether it did. */
export interface Attempt {
  workflow: string;
  input: object;
  /** Asked whenever the worker is dead: all is as before or as after, never in between. */
  midway: () => Promise<void>;
  /** Holds everything against what must be now. */
  judge: (result: unknown) => Promise<void>;
}

/** Resolves to whether the fault was really made, while the workflow was open. */
async function runWorkflow(
  { cell, client, findings }: ProfileRun,
  workflowId: string,
  fault: ProfileFault | undefined,
  { workflow, input, midway, judge }: Attempt,
): Promise<boolean> {
  if (fault !== undefined) {
    const { rule, route, skip } = fault;
    // Every run signs in anew, or there would be no call of the sign-in.
    await cell.sandbox.endSessions();
    await cell.sandbox.arm([{ ...rule, match: { route }, skip, times: 1, label: workflowId }]);
  }
  const over = new AbortController();
  const handle = await client.workflow.start(workflow, { workflowId, taskQueue: cell.taskQueue, args: [input] });
  const making =
    fault === undefined
      ? Promise.resolve(false)
      : makeFault({ cell, handle, label: workflowId, then: fault.then, midway, over: over.signal });
  const confirming = 'requireConfirmation' in input ? confirm(handle, over.signal) : Promise.resolve();
  // Awaited below, when the run is over: until then nobody would hear of their errors.
  for (const promise of [making, confirming]) promise.catch(() => undefined);
  const ending = await endOf(handle, STUCK_AFTER_MS, findings);
  // Who waits for a moment that never came gives up; what has begun is finished.
  over.abort();
  const made = await making;
  await confirming;
  await cell.sandbox.disarm();
  if (ending.kind === 'failed') findings.add('wrong', wordsOf(ending.failure));
  await judge(ending.kind === 'ended' ? ending.result : undefined);
  return made;
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
