import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOf, wordsOf } from '../ending.js';
import type { Findings } from '../findings.js';
import type { FaultyRun } from '../lanes.js';
import { toldOfIngest } from '../told-watermarks.js';
import { makeFault } from './inject.js';
import type { IngestCell } from './ingest-cell.js';
import type { Ledger } from './ledger.js';
import type { IngestFault } from './plan.js';

/** A run that has not ended by then counts as stuck. */
const STUCK_AFTER_MS = 150_000;
const WATCH_EVERY_MS = 20;

export interface IngestRun {
  cell: IngestCell;
  ledger: Ledger;
  findings: Findings;
  client: Client;
  workflowId: string;
  /** Left out: a run in peace. */
  fault?: IngestFault;
}

type Ending = 'ended' | 'moved' | 'failed' | 'stuck';

/** One run with its fault, then the judge; where a worker stands still, a second run, and then it goes on. */
export async function runIngest(run: IngestRun): Promise<FaultyRun> {
  const { cell, ledger, findings, client, workflowId } = run;
  const outcome = await runWithFault(run);
  if (!cell.workers.hasFrozen()) return outcome;
  // The target moves on: what the old worker still has in hand is of the past.
  const after = await runWithFault({ cell, ledger, findings, client, workflowId: `${workflowId}/after` });
  const stoodStill = await cell.workers.thawReplaced();
  await ledger.check('after the old worker went on');
  await ledger.checkWhole();
  return {
    workflowIds: [...outcome.workflowIds, ...after.workflowIds],
    made: outcome.made && stoodStill,
    seconds: outcome.seconds + after.seconds,
  };
}

async function runWithFault(run: IngestRun): Promise<FaultyRun> {
  const { cell, ledger, findings, client, workflowId, fault } = run;
  const grownBy = await ledger.grow();
  const input = ledger.input();
  const began = performance.now();
  const over = new AbortController();
  const workflowIds = [workflowId];
  const start = (id: string): Promise<WorkflowHandle> =>
    client.workflow.start('postgresIngest', { workflowId: id, taskQueue: cell.taskQueue, args: [input] });
  const watching = watchWatermark(ledger, findings, over.signal);
  const handle = await start(workflowId);
  const told = handle.result().then(rowsOf, () => undefined);
  let endings: Promise<Ending>[] = [];
  const second = async (): Promise<void> => {
    const id = `${workflowId}/second`;
    workflowIds.push(id);
    const other = await start(id);
    endings = [...endings, endOfIngest(other, findings)];
    await endings.at(-1);
  };
  const making =
    fault === undefined
      ? Promise.resolve(false)
      : makeFault(fault, { cell, ledger, client, handle, over: over.signal, second });
  // Awaited below, when the run is over: until then nobody would hear of its error.
  making.catch(() => undefined);
  endings.push(endOfIngest(handle, findings));
  await endings[0];
  // Who waits for a moment that never came gives up; what has begun is finished.
  over.abort();
  const made = await making;
  const all = await Promise.all(endings);
  await watching;
  findings.expect(all.includes('ended') || all.includes('stuck'), `no run ended well: ${all.join(', ')}`);
  findings.expect(!all.includes('moved') || all.length > 1, 'the only run there was found the watermark moved');
  // Nobody else has written: what the run says that it brought is what was new.
  if (all.length === 1 && all[0] === 'ended' && !ledger.isKeyed)
    findings.expect((await told) === grownBy, `the result says ${String(await told)} rows, not ${grownBy}`);
  await ledger.checkWhole();
  // With a second one, the loser may have told of its last batch too late: the next run mends that.
  if (all.length === 1 && all[0] === 'ended') await compareCopies(run);
  return { workflowIds, made, seconds: (performance.now() - began) / 1_000 };
}

/** The workflow that holds the pipeline's watermark holds what the table does. */
async function compareCopies({ ledger, findings, client }: IngestRun): Promise<void> {
  const [told, stored] = [await toldOfIngest(client, ledger.pipeline), await ledger.watermark()];
  findings.expect(told === stored, `the workflow's watermark is ${String(told)}, the table's ${String(stored)}`);
}

/** The watermark never goes back, whoever looks and whenever. */
async function watchWatermark(ledger: Ledger, findings: Findings, over: AbortSignal): Promise<void> {
  let highest = 0;
  while (!over.aborted) {
    const now = await ledger.watermark();
    if (now !== undefined && now < highest) findings.add('watermarkWentBack', `${highest} to ${now}`);
    highest = Math.max(highest, now ?? 0);
    await sleep(WATCH_EVERY_MS);
  }
}

/** Of two runs at once, one may find that the other has moved the watermark: that is how the loser ends. */
async function endOfIngest(handle: WorkflowHandle, findings: Findings): Promise<Ending> {
  const ending = await endOf(handle, STUCK_AFTER_MS, findings);
  if (ending.kind !== 'failed') return ending.kind;
  const { cause } = ending.failure;
  if (cause instanceof ApplicationFailure && cause.type === 'HIGH_WATERMARK_MOVED') return 'moved';
  findings.add('wrong', wordsOf(ending.failure));
  return 'failed';
}

/** Rows, by the result. */
function rowsOf(result: unknown): unknown {
  return typeof result === 'object' && result !== null && 'rows' in result ? result.rows : undefined;
}
