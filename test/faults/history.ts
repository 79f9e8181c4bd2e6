import type { Client } from '@temporalio/client';

/** Resolves when this many activities of the workflow have ended well, right when the history says so. */
export async function untilActivityEnded(
  { client, workflowId }: { client: Client; workflowId: string },
  count: number,
  signal: AbortSignal,
): Promise<void> {
  let ended = 0;
  let nextPageToken: Uint8Array | undefined;
  while (ended < count) {
    signal.throwIfAborted();
    const page = await client.withAbortSignal(signal, () =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: { workflowId },
        waitNewEvent: true,
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      }),
    );
    const events = page.history?.events ?? [];
    ended += events.filter((event) => event.activityTaskCompletedEventAttributes != null).length;
    if (page.nextPageToken.length === 0) throw new Error('the workflow has ended');
    nextPageToken = page.nextPageToken;
  }
}

/** Attempts above the first, of all activities: how often a step had to be repeated. */
export async function repeatedAttempts(client: Client, workflowId: string): Promise<number> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  const starts = (history.events ?? []).flatMap((event) => event.activityTaskStartedEventAttributes ?? []);
  return starts.reduce((sum, { attempt }) => sum + Math.max(0, (attempt ?? 1) - 1), 0);
}
