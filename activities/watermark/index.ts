import { Context } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { WatermarkActivities } from '../../contracts/activities.js';
import { TidemarkError } from '../../contracts/errors.js';
import { runStep } from '../step.js';
import { updateWatermarks, type Reach } from './reach.js';

/** Steps that reach other workflows: workflows themselves can't send updates, nor wait for a run that is no child of theirs. */
export function createWatermarkActivities(): WatermarkActivities {
  const reach = (pipeline: string, signal: AbortSignal): Reach => {
    const { client, info } = Context.current();
    return { client, taskQueue: info.taskQueue, pipeline, signal };
  };
  return {
    tidemarkOpenWatermarks: ({ pipeline, ...open }) =>
      runStep(({ signal }) => updateWatermarks(reach(pipeline, signal), 'open', open)),

    tidemarkAdvanceWatermark: ({ pipeline, ...advance }) =>
      runStep(({ signal }) => updateWatermarks(reach(pipeline, signal), 'advance', advance)),

    tidemarkRebuildWatermark: ({ pipeline, ...rebuild }) =>
      runStep(({ signal }) => updateWatermarks(reach(pipeline, signal), 'rebuild', rebuild)),

    tidemarkWaitForRun: ({ workflowId }) => runStep(({ signal }) => endOf(workflowId, signal)),
  };
}

async function endOf(workflowId: string, signal: AbortSignal): Promise<void> {
  const { workflow } = Context.current().client;
  try {
    await workflow.withAbortSignal(signal, () => workflow.getHandle(workflowId).result());
  } catch (error) {
    // Its end is what was waited for: what it came to is its own affair.
    if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return;
    throw new TidemarkError(`The end of ${workflowId} could not be waited for.`, {
      code: 'WATERMARK_UNREACHABLE',
      retryable: true,
      cause: error,
    });
  }
}
