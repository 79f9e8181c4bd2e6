import type { Client, WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestCell } from './ingest-cell.js';
import type { Ledger } from './ledger.js';
import { endSessions, isAtWork, untilCommitted, untilCopying } from './moments.js';
import type { IngestFault } from './plan.js';

export interface IngestStage {
  cell: IngestCell;
  ledger: Ledger;
  client: Client;
  handle: WorkflowHandle;
  /** Aborted when the run is over: its moment never came. */
  over: AbortSignal;
  /** Starts a second run of the same pipeline, and waits for its end. */
  second: () => Promise<void>;
}

/** Makes one fault happen when its moment comes. Resolves to whether it was really made, while the run was open. */
export async function makeFault(fault: IngestFault, stage: IngestStage): Promise<boolean> {
  const { cell, ledger, over } = stage;
  try {
    switch (fault.kind) {
      case 'worker-kill':
        await sleep(fault.pauseMs, undefined, { signal: over });
        return await killWorker(stage);
      case 'worker-kill-copying':
        await untilCopying(cell.database, fault.occurrence, over);
        return await killWorker(stage);
      case 'worker-kill-committed':
        await untilCommitted(ledger, fault.occurrence, over);
        return await killWorker(stage);
      case 'sessions-ended':
        await sleep(fault.pauseMs, undefined, { signal: over });
        return (await endSessions(cell.database)) > 0 && (await isOpen(stage));
      case 'sessions-ended-copying':
        return (
          (await endSessions(cell.database, await untilCopying(cell.database, fault.occurrence, over))) > 0 &&
          (await isOpen(stage))
        );
      case 'server-restart':
        await sleep(fault.pauseMs, undefined, { signal: over });
        return (await isOpen(stage)) && (await cell.database.restart());
      case 'server-kill-copying':
        await untilCopying(cell.database, fault.occurrence, over);
        return (await isOpen(stage)) && (await cell.database.kill());
      case 'zombie-copying':
        await untilCopying(cell.database, fault.occurrence, over);
        return (await isOpen(stage)) && (await cell.workers.replaceFrozen());
      case 'zombie-between':
        return await freezeBetween(stage, fault);
      case 'second-run':
        await sleep(fault.pauseMs, undefined, { signal: over });
        if (!(await isOpen(stage))) return false;
        await stage.second();
        return true;
    }
  } catch (error) {
    if (over.aborted) return false;
    throw error;
  }
}

async function killWorker({ cell, ledger, ...stage }: IngestStage): Promise<boolean> {
  let open = false;
  const ending = await cell.workers.kill(async () => {
    // A worker that dies after the end of the run is no fault.
    open = await isOpen(stage);
    await ledger.check('while the worker is dead');
  });
  return ending.signal === 'SIGKILL' && open;
}

/** The worker stands still with no transaction open, and another takes its place: nothing at the server tells of the first one. */
async function freezeBetween({ cell, ledger, over, ...stage }: IngestStage, fault: IngestFault): Promise<boolean> {
  await untilCommitted(ledger, fault.occurrence, over);
  for (;;) {
    over.throwIfAborted();
    const worker = cell.workers.current();
    worker.freeze();
    // What it had sent before may still be at work at the server for a moment.
    await sleep(30);
    if (!(await isAtWork(cell.database)) && (await isOpen(stage))) return await cell.workers.replaceFrozen();
    worker.thaw();
    await sleep(3);
  }
}

async function isOpen({ handle }: Pick<IngestStage, 'handle'>): Promise<boolean> {
  return (await handle.describe()).status.name === 'RUNNING';
}
