import type { WorkflowHandle } from '@temporalio/client';
import type { ProfileFault } from './plan.js';
import type { ProfilesCell } from './profiles-cell.js';

const DOWN_MS = 6_000;
/** Longer than a worker's heartbeats may be missing. */
const FROZEN_MS = 14_000;

export interface Making {
  cell: ProfilesCell;
  handle: WorkflowHandle;
  /** Of the sandbox's part of the fault, which is armed. */
  label: string;
  then: ProfileFault['then'] | undefined;
  /** Looks at everything while the worker is dead. */
  midway: () => Promise<void>;
  /** Aborted when the workflow has ended. */
  over: AbortSignal;
}

/** Makes the fault when its moment comes. Resolves to whether it was really made, while the workflow was open. */
export async function makeFault({ cell, handle, label, then, midway, over }: Making): Promise<boolean> {
  try {
    await cell.sandbox.untilMade(label, over);
  } catch (error) {
    if (!over.aborted) throw error;
    return then === undefined && (await cell.sandbox.made()).has(label);
  }
  const isOpen = async (): Promise<boolean> => (await handle.describe()).status.name === 'RUNNING';
  switch (then) {
    case 'kill': {
      let open = false;
      const ending = await cell.workers.kill(async () => {
        open = await isOpen();
        await midway();
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
