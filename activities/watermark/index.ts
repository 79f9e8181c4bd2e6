import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { WatermarkActivities } from '../../contracts/activities.js';
import { TidemarkError } from '../../contracts/errors.js';
import { isUnderWay } from '../../contracts/under-way.js';
import { withoutStack } from '../failure.js';
import { runStep } from '../step.js';
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

    // One look, and another try later: a wait in here would hold one of the worker's slots for activities, of which the run that is
    // waited for needs some itself.
    tidemarkWaitForRun: async ({ workflowId }) => {
      if (await runStep(() => isRunning(workflowId))) throw underWay(workflowId);
    },
  };
}

async function isRunning(workflowId: string): Promise<boolean> {
  try {
    const { status } = await Context.current().client.workflow.getHandle(workflowId).describe();
    return isUnderWay(status);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw new TidemarkError(`The end of ${workflowId} could not be waited for.`, {
      code: 'WATERMARK_UNREACHABLE',
      retryable: true,
      cause: error,
    });
  }
}

/** No fault: Temporal's worker neither warns of it nor counts it. */
function underWay(workflowId: string): ApplicationFailure {
  return withoutStack(
    ApplicationFailure.create({
      message: `${workflowId} is under way.`,
      type: 'PIPELINE_RUNNING',
      category: ApplicationFailureCategory.BENIGN,
    }),
  );
}
