import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { watermarkWorkflowId } from '../../contracts/watermark.js';
import { scheduleId } from '../../workers/client/index.js';
import { inLanes } from './in-lanes.js';

/** Events of the workflows that live longer than a run. */
export interface EventCounts {
  watermark: (number | undefined)[];
  /** Older servers keep a Schedule as a workflow of their own; where they do not, nobody counts. */
  schedule: (number | undefined)[];
}

const LANES = 8;

export async function eventCounts(client: Client, pipelines: readonly { name: string }[]): Promise<EventCounts> {
  const lengthsOf = (idOf: (name: string) => string): Promise<(number | undefined)[]> =>
    inLanes(pipelines, LANES, ({ name }) => lengthOf(client, idOf(name)));
  return {
    watermark: await lengthsOf(watermarkWorkflowId),
    schedule: await lengthsOf((name) => `temporal-sys-scheduler:${scheduleId(name)}`),
  };
}

async function lengthOf({ workflow }: Client, workflowId: string): Promise<number | undefined> {
  try {
    return (await workflow.getHandle(workflowId).describe()).historyLength;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Mean growth of those that have grown: one that has continued as new meanwhile says nothing. Null when none says anything. */
export function meanGrowth(before: readonly (number | undefined)[], after: readonly (number | undefined)[]) {
  const growths = after.flatMap((end, index) => {
    const begin = before[index];
    return begin === undefined || end === undefined || end < begin ? [] : [end - begin];
  });
  return growths.length === 0 ? null : growths.reduce((sum, each) => sum + each, 0) / growths.length;
}
