import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRuleInput } from '../../sandbox/titanrdm/index.js';
import type { Cell } from './cell.js';
import { untilActivityEnded } from './history.js';
import type { Fault } from './plan.js';

/** Longer than the heartbeat timeout: what stands still for so long is taken for dead. */
const OUTAGE_MS = 10_000;
const WORKER_FROZEN_MS = 14_000;
/** A dead worker's step is begun again after the heartbeat timeout and a pause: its call arrives about then. */
const LATE_MS = 11_300;
/** A reply of which one byte comes each second is held, as far as a client is concerned. */
const HELD = { kind: 'trickle', bytesPerSecond: 1 } as const;
/** A file of which so much comes each second is still under way when the worker is killed. */
const SLOW_FILE = { kind: 'trickle', bytesPerSecond: 8_000 } as const;

/** A fault that is armed before a run begins, and makes itself happen while the run goes on. */
export interface Injection {
  /** Resolves to whether the fault was really made; at the end of the run it is given up by the signal. */
  happened: (run: RunningWorkflow, over: AbortSignal) => Promise<boolean>;
}

export interface RunningWorkflow {
  client: Client;
  workflowId: string;
  isOpen: () => Promise<boolean>;
  /** Looks whether anything is half done: to be called while no worker is at work. */
  midway: () => Promise<void>;
}

/** Tells the sandbox what to do, and returns who makes the rest happen. `label` is unique in the campaign. */
export async function inject(cell: Cell, fault: Fault, label: string): Promise<Injection> {
  const rule = ruleOf(fault);
  if (rule !== undefined) await cell.sandbox.arm([{ ...rule, label }]);
  if ('route' in fault && fault.route === 'token') await cell.sandbox.revokeTokens();
  const since = await cell.sandbox.latestRequest();
  return {
    happened: async (run, over) => {
      try {
        return await make(cell, fault, { label, since, run, over });
      } catch (error) {
        // The run was over before the fault's moment came.
        if (over.aborted) return (await cell.sandbox.made()).has(label) && fault.family === 'call';
        throw error;
      }
    },
  };
}

interface Moment {
  label: string;
  since: number;
  run: RunningWorkflow;
  over: AbortSignal;
}

async function make(cell: Cell, fault: Fault, { label, since, run, over }: Moment): Promise<boolean> {
  switch (fault.family) {
    case 'call':
      await cell.sandbox.untilMade(label, over);
      return true;
    case 'kill':
      if (fault.kind === 'kill-replied') await cell.sandbox.untilAnswered(fault.route, since, over);
      else await cell.sandbox.untilMade(label, over);
      await sleep(fault.pauseMs, undefined, { signal: over });
      return killWorker(cell, run);
    case 'kill-between':
      await untilActivityEnded(run, fault.activity, over);
      return killWorker(cell, run);
    case 'outage':
      await cell.sandbox.untilMade(label, over);
      if (fault.kind === 'worker-frozen') return cell.freezeWorker(WORKER_FROZEN_MS);
      return fault.kind === 'sandbox-frozen' ? cell.freezeSandbox(OUTAGE_MS) : cell.stopSandboxListening(OUTAGE_MS);
    case 'outlived':
      await cell.sandbox.untilMade(label, over);
      // It goes on when the next run is over (`runOnce`).
      return cell.replaceFrozen();
  }
}

async function killWorker(cell: Cell, run: RunningWorkflow): Promise<boolean> {
  let open = false;
  const ending = await cell.killWorker(async () => {
    // A worker that dies after the end of the run is no fault.
    open = await run.isOpen();
    await run.midway();
  });
  return ending.signal === 'SIGKILL' && open;
}

function ruleOf(fault: Fault): FaultRuleInput | undefined {
  if (fault.family === 'kill-between') return undefined;
  const match = { route: fault.route };
  switch (fault.family) {
    case 'call':
      return { ...fault.rule, match, times: 1 };
    case 'kill':
      if (fault.kind === 'kill-replied') return undefined;
      if (fault.kind === 'kill-before') return { kind: 'hang', match, times: 1 };
      if (fault.kind === 'kill-late') return { kind: 'slow', delayMs: LATE_MS, match, times: 1 };
      if (fault.kind === 'kill-after') return { ...HELD, match, times: 1 };
      // A server that does not read holds an upload up as soon as the sockets are full.
      if (fault.route === 'upload.put') return { kind: 'slow', delayMs: 20_000, match, times: 1 };
      return { ...SLOW_FILE, match, times: 1 };
    case 'outlived':
      // A file is in its middle, another call has been done and its reply is under way.
      if (fault.route === 'download.get') return { ...SLOW_FILE, bytesPerSecond: 40_000, match, times: 1 };
      return { kind: 'slow', delayMs: 250, match, times: 1 };
    case 'outage':
      // The call waits a moment, so that what is to stand still does so in the middle of it.
      return { kind: 'slow', delayMs: 250, match, times: 1 };
  }
}
