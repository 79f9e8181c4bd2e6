import type { ScheduleOverlapPolicy, WorkflowService } from '@temporalio/client';
import type { Overlap, TidemarkClientConfig } from '../../../contracts/config.js';
import { TidemarkError } from '../../../contracts/errors.js';
import type { TemporalClient } from '../connect.js';
import { pipelineOf } from '../pipelines.js';
import { projectOf } from './apply.js';
import { OVERLAP, scheduleId } from './definition.js';
import { liveSchedule, type LiveSchedule } from './live.js';

type Config = Pick<TidemarkClientConfig, 'pipelines' | 'project'>;

/**
 * The Schedule of a pipeline, which must be this project's.
 *
 * @throws TidemarkError `UNKNOWN_PIPELINE`, `NO_SCHEDULE`, `SCHEDULE_NOT_OWNED`
 */
export async function ownSchedule(temporal: TemporalClient, config: Config, name: string): Promise<LiveSchedule> {
  const pipeline = pipelineOf(config, name);
  const live = await liveSchedule(temporal.client, scheduleId(name));
  if (live === undefined) {
    const missing = pipeline.schedule === undefined ? 'Give it a `schedule` in tidemark.yaml, then run' : 'Run';
    throw new TidemarkError(`Pipeline "${name}" has no Schedule in namespace ${temporal.target.namespace}.`, {
      code: 'NO_SCHEDULE',
      retryable: false,
      mend: `${missing} \`tidemark apply\`.`,
    });
  }
  if (live.owner === projectOf(config, temporal)) return live;
  const whose = live.owner === undefined ? 'was not made by Tidemark' : `belongs to the project "${live.owner}"`;
  throw new TidemarkError(`The Schedule ${live.scheduleId} ${whose}.`, {
    code: 'SCHEDULE_NOT_OWNED',
    retryable: false,
    mend: 'Rename the pipeline, or take it over with `tidemark apply --adopt`.',
  });
}

/** Starts no more runs until it is resumed; one that is under way goes on. Safe to repeat. */
export async function pauseSchedule({ client }: TemporalClient, live: LiveSchedule, reason: string): Promise<void> {
  await client.schedule.getHandle(live.scheduleId).pause(reason);
}

export async function resumeSchedule({ client }: TemporalClient, live: LiveSchedule, reason: string): Promise<void> {
  await client.schedule.getHandle(live.scheduleId).unpause(reason);
}

/** A range of time, both ends included. */
export interface DueRange {
  from: Date;
  to: Date;
}

/** Most runs that one backfill starts: the server takes them all at once. */
export const MAX_BACKFILL = 1_000;

/** The times in a range at which the Schedule was or will be due, without its jitter, at most {@link MAX_BACKFILL} and one. */
export async function dueTimes({ client }: TemporalClient, live: LiveSchedule, range: DueRange): Promise<Date[]> {
  const { startTime } = await client.workflowService.listScheduleMatchingTimes({
    namespace: client.options.namespace,
    scheduleId: live.scheduleId,
    startTime: timestamp(justBefore(range.from)),
    endTime: timestamp(range.to),
  });
  return startTime
    .slice(0, MAX_BACKFILL + 1)
    .map(({ seconds, nanos }) => new Date(Number(seconds ?? 0) * 1_000 + Math.round((nanos ?? 0) / 1e6)));
}

/** Starts a run for each time in the range at which the Schedule was due. */
export async function backfillSchedule(
  { client }: TemporalClient,
  live: LiveSchedule,
  { from, to, overlap }: DueRange & { overlap: Overlap },
): Promise<void> {
  const policy: ScheduleOverlapPolicy = OVERLAP[overlap];
  await client.schedule.getHandle(live.scheduleId).backfill({ start: justBefore(from), end: to, overlap: policy });
}

/** The server leaves out a time that is the start itself (its API says that this may change, and to begin before it). */
const justBefore = (time: Date): Date => new Date(time.getTime() - 1);

type Timestamp = NonNullable<Parameters<WorkflowService['listScheduleMatchingTimes']>[0]['startTime']>;

/** Protobuf takes a number for a 64-bit integer, which its types do not say. */
const timestamp = (time: Date): Timestamp =>
  ({ seconds: Math.floor(time.getTime() / 1_000), nanos: (time.getTime() % 1_000) * 1e6 }) as unknown as Timestamp;
