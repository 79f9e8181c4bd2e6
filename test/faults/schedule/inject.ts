import { setTimeout as sleep } from 'node:timers/promises';
import { pipelineWorkflowId } from '../../../contracts/run-inputs.js';
import { untilCommitted, untilCopying } from '../ingest/moments.js';
import type { TargetTable } from '../target-table.js';
import { allPipelines } from './pipelines.js';
import type { ScheduleFault } from './plan.js';
import type { ScheduleCell } from './schedule-cell.js';

/** Longer than a worker's heartbeats may be missing, and than several firings of each Schedule. */
const AWAY_MS = 12_000;
/** A moment that has not come by then does not come. */
const MOMENT_WITHIN_MS = 30_000;

export interface ScheduleStage {
  cell: ScheduleCell;
  /** The one whose commits are waited for. */
  target: TargetTable;
}

/** Makes one fault happen when its moment comes. Resolves to whether it was really made. */
export async function makeFault(fault: ScheduleFault, { cell, target }: ScheduleStage): Promise<boolean> {
  const over = AbortSignal.timeout(MOMENT_WITHIN_MS);
  const { kind, pauseMs, occurrence } = fault;
  try {
    await sleep(pauseMs);
    if (kind.endsWith('copying')) await untilCopying(cell.database, occurrence, over);
    if (kind.endsWith('committed')) await untilCommitted(target, occurrence, over);
    if (kind.endsWith('exporting')) await untilExporting(cell, over);
  } catch (error) {
    if (over.aborted) return false;
    throw error;
  }
  switch (kind) {
    case 'worker-kill':
      return killWorker(cell, () => Promise.resolve(true));
    case 'worker-kill-copying':
    case 'worker-kill-committed':
    case 'worker-kill-exporting':
      return killWorker(cell, () => isAnyOpen(cell));
    case 'worker-away':
      return killWorker(cell, () => firedDuring(cell, () => sleep(AWAY_MS)));
    case 'temporal-restart':
      return cell.temporal.restart('SIGTERM');
    case 'temporal-kill':
    case 'temporal-kill-committed':
      return cell.temporal.restart('SIGKILL');
    case 'temporal-away':
      return cell.temporal.restart('SIGKILL', () => sleep(AWAY_MS));
    case 'both-kill-copying':
      return killWorker(cell, () => cell.temporal.restart('SIGKILL'));
  }
}

async function untilExporting(cell: ScheduleCell, over: AbortSignal): Promise<void> {
  const { sandbox } = cell.titan;
  await sandbox.untilAnswered('exports.new', await sandbox.latestRequest(), over);
}

/** SIGKILL, and what is to hold while nobody works. */
async function killWorker({ workers }: ScheduleCell, whileDead: () => Promise<boolean>): Promise<boolean> {
  let held = false;
  const ending = await workers.kill(async () => {
    held = await whileDead();
  });
  return ending.signal === 'SIGKILL' && held;
}

/** A worker that dies between two runs is no fault of a kind that speaks of a run. */
async function isAnyOpen({ connection, pipelines }: ScheduleCell): Promise<boolean> {
  for (const pipeline of allPipelines(pipelines)) {
    const { status } = await connection.client.workflow.getHandle(pipelineWorkflowId(pipeline)).describe();
    if (status.name === 'RUNNING') return true;
  }
  return false;
}

/** Whether the Schedules have started runs meanwhile, for which nobody was there. */
async function firedDuring(cell: ScheduleCell, wait: () => Promise<void>): Promise<boolean> {
  const before = await cell.fired();
  await wait();
  return (await cell.fired()) > before;
}
