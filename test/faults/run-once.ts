import { setMaxListeners } from 'node:events';
import type { Client } from '@temporalio/client';
import { endOf, wordsOf } from './ending.js';
import { repeatedAttempts } from './history.js';
import { inject, type RunningWorkflow } from './inject.js';
import type { Fault } from './plan.js';
import type { Attempt, Scenario, Stage } from './scenario.js';

/** A run that has not ended by then counts as stuck. */
const STUCK_AFTER_MS = 240_000;

export interface Run {
  stage: Stage;
  scenario: Scenario;
  client: Client;
  workflowId: string;
  faults: readonly Fault[];
}

export interface RunOutcome {
  /** All workflows that were run. */
  workflowIds: string[];
  /** For each fault, whether it occurred. */
  made: boolean[];
  stuck: boolean;
  seconds: number;
  /** Attempts of activities above the first. */
  repeats: number;
}

/** One workflow from start to end with its faults, and then its judge; when a worker was outlived, a second one without faults. */
export async function runOnce(run: Run): Promise<RunOutcome> {
  const { stage, scenario, workflowId, faults } = run;
  const outcome = await runWithFaults(run);
  const at = faults.findIndex(({ family }) => family === 'outlived');
  if (outcome.made[at] !== true) {
    await stage.cell.thawReplaced();
    return outcome;
  }
  // The target moves on: what the old worker still has in hand is of the past.
  let latest: Attempt | undefined;
  const watched = {
    ...scenario,
    next: async (...given: Parameters<Scenario['next']>) => (latest = await scenario.next(...given)),
  };
  const after = await runWithFaults({ ...run, scenario: watched, workflowId: `${workflowId}/after`, faults: [] });
  outcome.made[at] = await stage.cell.thawReplaced();
  await latest?.look();
  return {
    ...outcome,
    workflowIds: [...outcome.workflowIds, ...after.workflowIds],
    stuck: outcome.stuck || after.stuck,
    seconds: outcome.seconds + after.seconds,
  };
}

async function runWithFaults({ stage, scenario, client, workflowId, faults }: Run): Promise<RunOutcome> {
  const { cell, findings } = stage;
  const large = faults.some((fault) => fault.kind === 'kill-midway' && fault.route === 'upload.put');
  const attempt = await scenario.next(stage, { large });
  const injections = [];
  for (const [index, fault] of faults.entries()) injections.push(await inject(cell, fault, `${workflowId}#${index}`));

  const began = performance.now();
  const over = new AbortController();
  // Whoever watches for a fault's moment listens to it, again and again.
  setMaxListeners(0, over.signal);
  const handle = await client.workflow.start(attempt.workflow, {
    workflowId,
    taskQueue: cell.taskQueue,
    args: [attempt.input],
  });
  const running: RunningWorkflow = {
    client,
    workflowId,
    isOpen: async () => (await handle.describe()).status.name === 'RUNNING',
    midway: attempt.midway,
  };
  const making = Promise.all(injections.map(({ happened }) => happened(running, over.signal)));
  // Awaited below, when the run is over: until then nobody would hear of its error.
  making.catch(() => undefined);
  const ending = await endOf(handle, STUCK_AFTER_MS, findings);
  // A worker that was killed or frozen is replaced before the next run.
  over.abort();
  const made = await making;
  await cell.sandbox.disarm();

  if (ending.kind === 'failed') findings.add('wrong', wordsOf(ending.failure));
  else if (ending.kind === 'ended') await attempt.judge(ending.result);
  return {
    workflowIds: [workflowId],
    made,
    stuck: ending.kind === 'stuck',
    seconds: (performance.now() - began) / 1_000,
    repeats: await repeatedAttempts(client, workflowId),
  };
}
