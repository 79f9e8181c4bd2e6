import type { Client } from '@temporalio/client';

/** When things of one run happened, in milliseconds since 1970 by the server's clock, and how many events it has left. */
export interface RunHistory {
  started: number;
  /** A worker had its first workflow task. */
  onWorker: number;
  firstStep: number;
  /** The step that moves rows. */
  rows: number;
  ended: number;
  /** Of the run itself, and of its pipeline's workflow. */
  events: { run: number; pipeline: number };
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

/** Reads the two histories that a scheduled run consists of. */
export async function runHistory({ workflow }: Client, workflowId: string): Promise<RunHistory> {
  const run = eventsOf(await workflow.getHandle(workflowId).fetchHistory());
  const { workflowExecution } = first(run, 'childWorkflowExecutionStartedEventAttributes', workflowId).attributes;
  const childId = workflowExecution?.workflowId ?? '';
  const child = eventsOf(await workflow.getHandle(childId, workflowExecution?.runId ?? undefined).fetchHistory());
  const step = first(child, 'activityTaskScheduledEventAttributes', childId, ({ activityType }) => {
    return activityType?.name === 'postgresIngestStretch';
  });
  const scheduledBy = String(step.event.eventId);
  const isOfStep = ({ scheduledEventId }: { scheduledEventId?: unknown }): boolean =>
    String(scheduledEventId) === scheduledBy;
  return {
    started: at(first(run, 'workflowExecutionStartedEventAttributes', workflowId).event),
    onWorker: at(first(run, 'workflowTaskStartedEventAttributes', workflowId).event),
    firstStep: at(first(run, 'activityTaskStartedEventAttributes', workflowId).event),
    rows: at(first(child, 'activityTaskStartedEventAttributes', childId, isOfStep).event),
    ended: at(first(run, 'workflowExecutionCompletedEventAttributes', workflowId).event),
    events: { run: run.length, pipeline: child.length },
  };
}

const eventsOf = (history: History): Event[] => history.events ?? [];

function first<K extends keyof Event>(
  events: readonly Event[],
  key: K,
  workflowId: string,
  matches: (attributes: NonNullable<Event[K]>) => boolean = () => true,
): { event: Event; attributes: NonNullable<Event[K]> } {
  for (const event of events) {
    const attributes = event[key];
    if (attributes && matches(attributes)) return { event, attributes };
  }
  throw new Error(`The history of ${workflowId} has no event with ${key}.`);
}

function at({ eventTime }: Event): number {
  return Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;
}
