import { randomUUID } from 'node:crypto';
import type { Workflow, WorkflowResultType } from '@temporalio/client';
import type { Surroundings } from './surroundings.js';

/** One run of a workflow, by the clock of this machine, which is also the Temporal server's. */
export interface WorkflowRun<T> {
  result: T;
  /** From the call that starts it until its result is here. */
  seconds: number;
  /** Seconds from the start until the last completion of an activity of this type is in the history. */
  secondsTo: (activity: string) => number;
}

export async function runWorkflow<W extends Workflow>(
  { client, taskQueue, workerFailed }: Pick<Surroundings, 'client' | 'taskQueue' | 'workerFailed'>,
  name: string,
  input: Parameters<W>[0],
): Promise<WorkflowRun<WorkflowResultType<W>>> {
  const startedAt = Date.now();
  const began = performance.now();
  const handle = await client.workflow.start<Workflow>(name, {
    taskQueue,
    workflowId: `bench/${name}/${randomUUID()}`,
    args: [input],
  });
  // The name and the type parameter mean the same workflow: the caller says both.
  const result = (await Promise.race([handle.result(), workerFailed])) as WorkflowResultType<W>;
  const seconds = (performance.now() - began) / 1_000;
  const completions = completionsOf((await handle.fetchHistory()).events ?? []);
  return {
    result,
    seconds,
    secondsTo: (activity) => {
      const at = completions.get(activity);
      if (at === undefined) throw new Error(`${name} completed no ${activity}`);
      return (at - startedAt) / 1_000;
    },
  };
}

type HistoryEvents = NonNullable<
  Awaited<ReturnType<ReturnType<Surroundings['client']['workflow']['getHandle']>['fetchHistory']>>['events']
>;

/** When the last activity of each type completed, in milliseconds since 1970. */
function completionsOf(events: HistoryEvents): Map<string, number> {
  const types = new Map<string, string>();
  const completions = new Map<string, number>();
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (typeof scheduled === 'string') types.set(String(event.eventId), scheduled);
    const completed = event.activityTaskCompletedEventAttributes?.scheduledEventId;
    const type = completed === undefined ? undefined : types.get(String(completed));
    if (type !== undefined) {
      const { seconds, nanos } = event.eventTime ?? {};
      completions.set(type, Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6);
    }
  }
  return completions;
}
