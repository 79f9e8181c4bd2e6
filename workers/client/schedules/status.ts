import { WorkflowNotFoundError, type WorkflowExecutionInfo } from '@temporalio/client';
import { pipelineWorkflowId, type TidemarkClientConfig } from '../../../contracts/config.js';
import type { ErrorInfo } from '../../../contracts/errors.js';
import { isUnderWay } from '../../../contracts/under-way.js';
import type { TemporalClient } from '../connect.js';
import { runLink, scheduleLink } from '../links.js';
import { outcomeOf, type RunOutcome } from '../outcome.js';
import { projectOf } from './apply.js';
import { scheduleId } from './definition.js';
import { timesOf } from './facts.js';
import { liveSchedule, type LiveSchedule } from './live.js';

type Config = Pick<TidemarkClientConfig, 'pipelines' | 'project'>;

/** One run of a pipeline, under way or ended. */
export interface RunStatus {
  workflowId: string;
  runId: string;
  link: string | undefined;
  state: 'running' | RunOutcome['outcome'];
  startedAt: string;
  endedAt?: string;
  /** First line of the result: what it did. */
  summary?: string;
  error?: ErrorInfo;
}

export interface ScheduleStatus {
  scheduleId: string;
  link: string | undefined;
  times: string;
  paused: boolean;
  note?: string;
  /** The next times, at most ten; empty while it is paused. */
  nextRuns: string[];
  /** Since it was made: runs started, left out because the one before had not ended, and missed for longer than its catch-up window. */
  counts: { started: number; leftOut: number; missed: number };
  /** Runs that wait or work, started by the Schedule. */
  running: number;
}

export interface PipelineStatus {
  pipeline: string;
  workflow: string;
  running?: RunStatus;
  /** The latest runs that have ended, the newest first. */
  ended: RunStatus[];
  /** How many of the runs that the namespace still remembers ended how. */
  counts: Record<string, number>;
  /** `none`: the config has none. `not applied`: `tidemark apply` would make one. `not owned`: another project's has its id. */
  schedule: ScheduleStatus | 'none' | 'not applied' | 'not owned';
}

/** What became of the runs of a pipeline, and what is to come. `runs` is how many ended ones are looked at. */
export async function pipelineStatus(
  temporal: TemporalClient,
  config: Config,
  pipeline: string,
  { runs }: { runs: number },
): Promise<PipelineStatus> {
  const defined = config.pipelines[pipeline];
  const [live, running, ended, counts] = await Promise.all([
    liveSchedule(temporal.client, scheduleId(pipeline)),
    runningOf(temporal, pipeline),
    endedOf(temporal, pipeline, runs),
    countsOf(temporal, pipeline),
  ]);
  return {
    pipeline,
    workflow: defined?.workflow ?? '',
    ...(running === undefined ? {} : { running }),
    ended,
    counts,
    schedule: scheduleOf(temporal, live, projectOf(config, temporal)) ?? (defined?.schedule ? 'not applied' : 'none'),
  };
}

/** Asked for by its id, since the list of runs lags behind. */
async function runningOf(temporal: TemporalClient, pipeline: string): Promise<RunStatus | undefined> {
  try {
    const info = await temporal.client.workflow.getHandle(pipelineWorkflowId(pipeline)).describe();
    return isUnderWay(info.status) ? { ...facts(temporal, info), state: 'running' } : undefined;
  } catch (error) {
    // It has not run for as long as the namespace remembers.
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function endedOf(temporal: TemporalClient, pipeline: string, runs: number): Promise<RunStatus[]> {
  const query = `${ofPipeline(pipeline)} AND ExecutionStatus != 'Running' AND ExecutionStatus != 'ContinuedAsNew'`;
  const found: RunStatus[] = [];
  for await (const info of temporal.client.workflow.list({ query, pageSize: runs })) {
    found.push(await endOf(temporal, info));
    if (found.length >= runs) break;
  }
  return found;
}

async function endOf(temporal: TemporalClient, info: WorkflowExecutionInfo): Promise<RunStatus> {
  const handle = temporal.client.workflow.getHandle(info.workflowId, info.runId, { followRuns: false });
  const outcome = await handle.result().then(
    (result: unknown): RunOutcome => ({ outcome: 'completed', result }),
    (error: unknown) => outcomeOf(error),
  );
  const summary = 'result' in outcome ? summaryIn(outcome.result) : undefined;
  return {
    ...facts(temporal, info),
    state: outcome.outcome,
    ...(info.closeTime === undefined ? {} : { endedAt: info.closeTime.toISOString() }),
    ...(summary === undefined ? {} : { summary }),
    ...('error' in outcome ? { error: outcome.error } : {}),
  };
}

function facts(
  { target }: TemporalClient,
  { workflowId, runId, startTime }: Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'startTime'>,
) {
  return { workflowId, runId, link: runLink(target, workflowId, runId), startedAt: startTime.toISOString() };
}

function summaryIn(result: unknown): string | undefined {
  if (typeof result !== 'object' || result === null || !('summary' in result)) return undefined;
  return typeof result.summary === 'string' ? result.summary : undefined;
}

async function countsOf({ client }: TemporalClient, pipeline: string): Promise<Record<string, number>> {
  const { groups } = await client.workflow.count(`${ofPipeline(pipeline)} GROUP BY ExecutionStatus`);
  return Object.fromEntries(groups.map(({ groupValues, count }) => [String(groupValues[0]), count]));
}

/** The names of pipelines hold no quote: the config was checked. */
const ofPipeline = (pipeline: string): string => `WorkflowId = '${pipelineWorkflowId(pipeline)}'`;

function scheduleOf(
  { target }: TemporalClient,
  live: LiveSchedule | undefined,
  project: string,
): ScheduleStatus | 'not owned' | undefined {
  if (live === undefined) return undefined;
  if (live.owner !== project) return 'not owned';
  const { info } = live.description;
  return {
    scheduleId: live.scheduleId,
    link: scheduleLink(target, live.scheduleId),
    times: timesOf(live.facts),
    paused: live.paused,
    ...(live.note === undefined ? {} : { note: live.note }),
    nextRuns: live.paused ? [] : info.nextActionTimes.map((time) => time.toISOString()),
    counts: {
      started: info.numActionsTaken,
      leftOut: info.numActionsSkippedOverlap,
      missed: info.numActionsMissedCatchupWindow,
    },
    running: info.runningActions.length,
  };
}
