import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { watchWorkflowId } from '../../contracts/operations.js';
import { isUnderWay } from '../../contracts/under-way.js';

interface Watch {
  client: Client;
  pipeline: string;
  /** Of the pipeline's runs. */
  taskQueue: string;
}

/**
 * Sends a signal to the pipeline's watch, which is started where there is none. One that was started on another task queue is begun anew
 * on that of the pipeline's runs: nobody may poll the other any more, and what it was told would never be read.
 */
export async function tellWatch(
  { client, pipeline, taskQueue }: Watch,
  signal: string,
  args: unknown[],
): Promise<void> {
  const workflowId = watchWorkflowId(pipeline);
  const before = await queueOf(client, workflowId);
  if (before !== undefined && before !== taskQueue)
    await client.workflow
      .getHandle(workflowId)
      .terminate(`The pipeline's runs are on task queue ${taskQueue} now`)
      .catch(unlessGone);
  await client.workflow.signalWithStart('tidemarkWatch', {
    workflowId,
    taskQueue,
    args: [{ version: 1, pipeline }],
    signal,
    signalArgs: args,
    staticSummary: `Watches pipeline ${pipeline}`,
  });
}

/** The same where there is a watch; none is started. */
export async function tellWatchIfAny(
  { client, pipeline }: Pick<Watch, 'client' | 'pipeline'>,
  signal: string,
  args: unknown[],
): Promise<void> {
  await client.workflow
    .getHandle(watchWorkflowId(pipeline))
    .signal(signal, ...args)
    .catch(unlessGone);
}

async function queueOf({ workflow }: Client, workflowId: string): Promise<string | undefined> {
  const found = await workflow.getHandle(workflowId).describe().catch(unlessGone);
  return found !== undefined && isUnderWay(found.status) ? found.taskQueue : undefined;
}

function unlessGone(error: unknown): undefined {
  if (error instanceof WorkflowNotFoundError) return undefined;
  throw error;
}
