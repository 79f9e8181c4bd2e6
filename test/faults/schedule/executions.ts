import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { pipelineWorkflowId } from '../../../contracts/run-inputs.js';
import type { HistoryEvent } from '../../support/secret-scan.js';
import type { Span } from './span.js';

/** The whole history of a run, with those that it went on as. */
export interface Execution {
  workflowId: string;
  /** Run id of the first execution. */
  runId: string;
  events: HistoryEvent[];
}

/** What the Schedules have started. */
export async function scheduledRuns(client: Client): Promise<Execution[]> {
  const found: Execution[] = [];
  for await (const { workflowId, runId } of client.workflow.list({ query: `WorkflowType = 'tidemarkRun'` }))
    found.push(await executionOf(client, workflowId, runId));
  return found;
}

/** The runs of pipelines that those have started, by what their histories say: nothing that is open or ended is left out. */
export async function pipelineRuns(client: Client, parents: readonly Execution[]): Promise<Execution[]> {
  const found: Execution[] = [];
  for (const { childWorkflowExecutionStartedEventAttributes: started } of parents.flatMap(({ events }) => events)) {
    const { workflowId, runId } = started?.workflowExecution ?? {};
    if (typeof workflowId === 'string' && typeof runId === 'string')
      found.push(await executionOf(client, workflowId, runId));
  }
  return found;
}

export async function executionOf(client: Client, workflowId: string, runId?: string): Promise<Execution> {
  const events: HistoryEvent[] = [];
  let next: string | null | undefined = runId;
  let first = runId;
  for (;;) {
    const history = await client.workflow.getHandle(workflowId, next ?? undefined).fetchHistory();
    events.push(...(history.events ?? []));
    first ??= history.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId ?? undefined;
    next = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    if (next == null) return { workflowId, runId: first ?? '', events };
  }
}

export function spanOf({ workflowId, runId, events }: Execution): Span {
  // A start bears the time at which it was asked for, which the server takes down before it looks whether the id is free.
  const first = events.find(({ workflowTaskStartedEventAttributes: started }) => started != null) ?? events[0];
  const last = events.at(-1);
  const failure = failureOf(last);
  const isOver = failure !== undefined || last?.workflowExecutionCompletedEventAttributes != null;
  return {
    identity: `${workflowId}/${runId}`,
    began: instantOf(first),
    ended: isOver ? instantOf(last) : undefined,
    failure,
  };
}

/** Milliseconds since 1970. */
function instantOf(event: HistoryEvent | undefined): number {
  const { seconds, nanos } = event?.eventTime ?? {};
  return Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;
}

function failureOf(last: HistoryEvent | undefined): string | undefined {
  const failed = last?.workflowExecutionFailedEventAttributes;
  if (failed != null) return failed.failure?.cause?.message ?? failed.failure?.message ?? 'it failed';
  if (last?.workflowExecutionTimedOutEventAttributes != null) return 'it timed out';
  if (last?.workflowExecutionCanceledEventAttributes != null) return 'it was cancelled';
  return last?.workflowExecutionTerminatedEventAttributes != null ? 'it was terminated' : undefined;
}

/** Waits until a run of the pipeline that began after this moment has ended well. Tells whether one did in time. */
export async function untilRunEnded(client: Client, pipeline: string, since: Date, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  const query = `WorkflowId = '${pipelineWorkflowId(pipeline)}' AND ExecutionStatus = 'Completed'`;
  while (performance.now() < deadline) {
    for await (const { startTime } of client.workflow.list({ query })) if (startTime > since) return true;
    await sleep(300);
  }
  return false;
}

/**
 * Waits until none of the runs is open any more. When none that a Schedule has started has ended for `standstillMs`, those that are open
 * are ended; a machine that is merely slow, with many that wait for each other, is given the time. Returns what they were waiting for.
 */
export async function untilNoneIsOpen(client: Client, standstillMs: number): Promise<string[]> {
  let latest = await openRuns(client);
  let movedAt = performance.now();
  // One that has just begun is not in the list yet: that there is none counts when it holds.
  let looksWithNone = 0;
  while (looksWithNone < 3) {
    if (latest.size > 0 && performance.now() - movedAt > standstillMs) {
      const stuck = await Promise.all([...latest].map(async (id) => `${id} is open (${await pendingOf(client, id)})`));
      for (const id of latest) await endOpen(client, id);
      return stuck;
    }
    await sleep(300);
    const open = await openRuns(client);
    // Each has an id of its own: one that is tried again or continues as new has not ended.
    if ([...latest].some((id) => id.startsWith('tidemark/run/') && !open.has(id))) movedAt = performance.now();
    latest = open;
    looksWithNone = open.size === 0 ? looksWithNone + 1 : 0;
  }
  return [];
}

/** The end of one may be that of another. */
async function endOpen(client: Client, workflowId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).terminate('the fault campaign gave up waiting');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** What an open workflow waits for, as the server has it. */
async function pendingOf(client: Client, workflowId: string): Promise<string> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const steps = (raw.pendingActivities ?? []).map(
    ({ activityType, attempt, state, lastFailure }) =>
      `${activityType?.name}, attempt ${attempt}, ${proto.temporal.api.enums.v1.PendingActivityState[state ?? 0]}` +
      (lastFailure == null ? '' : `: ${lastFailure.message}`),
  );
  const children = (raw.pendingChildren ?? []).map((child) => `the child ${child.workflowId}`);
  const task = raw.pendingWorkflowTask == null ? [] : [`a workflow task, attempt ${raw.pendingWorkflowTask.attempt}`];
  return [...steps, ...children, ...task].join('; ') || 'nothing is pending';
}

/** Workflow ids. */
async function openRuns(client: Client): Promise<Set<string>> {
  const open = new Set<string>();
  const query = `WorkflowId STARTS_WITH 'tidemark/run/' OR WorkflowId STARTS_WITH 'tidemark/pipeline/'`;
  for await (const { workflowId, status } of client.workflow.list({ query }))
    if (status.name === 'RUNNING') open.add(workflowId);
  return open;
}
