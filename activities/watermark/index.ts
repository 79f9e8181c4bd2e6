import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { WatermarkActivities } from '../../contracts/activities.js';
import { TidemarkError } from '../../contracts/errors.js';
import { isUnderWay } from '../../contracts/under-way.js';
import { pause, runStep } from '../step.js';
import { bringHere, type VisitQueue } from './move.js';
import { updateWatermarks, type Reach } from './reach.js';

export type { VisitQueue } from './move.js';

/** Steps that reach other workflows: workflows themselves can't send updates, nor wait for a run that is no child of theirs. */
export function createWatermarkActivities(visit: VisitQueue): WatermarkActivities {
  const reach = (pipeline: string, signal: AbortSignal): Reach => {
    const { client, info } = Context.current();
    return { client, taskQueue: info.taskQueue, pipeline, signal };
  };
  return {
    tidemarkOpenWatermarks: ({ pipeline, ...open }) =>
      runStep(async ({ signal }) => {
        const to = reach(pipeline, signal);
        return updateWatermarks({ ...to, seen: await bringHere(to, visit) }, 'open', open);
      }),

    tidemarkAdvanceWatermark: ({ pipeline, ...advance }) =>
      runStep(({ signal }) => updateWatermarks(reach(pipeline, signal), 'advance', advance)),

    tidemarkRebuildWatermark: ({ pipeline, ...rebuild }) =>
      runStep(({ signal }) => updateWatermarks(reach(pipeline, signal), 'rebuild', rebuild)),

    tidemarkWaitForRun: ({ workflowId }) => runStep(({ signal }) => endOf(workflowId, signal)),
  };
}

/** Seconds between two looks. */
const LOOK_EVERY = 1;

/** Looks again and again: a call that waits at the server could not be ended by a worker that shuts down. */
async function endOf(workflowId: string, signal: AbortSignal): Promise<void> {
  const { workflow } = Context.current().client;
  for (;;) {
    try {
      const { status } = await workflow.getHandle(workflowId).describe();
      if (!isUnderWay(status)) return;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return;
      throw new TidemarkError(`The end of ${workflowId} could not be waited for.`, {
        code: 'WATERMARK_UNREACHABLE',
        retryable: true,
        cause: error,
      });
    }
    await pause(LOOK_EVERY, signal);
  }
}
