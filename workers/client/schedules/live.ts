import { ScheduleNotFoundError, type Client, type ScheduleDescription } from '@temporalio/client';
import { z } from 'zod';
import { SCHEDULE_PREFIX, scheduleId } from './definition.js';
import { factsOf, type ScheduleFacts } from './facts.js';

/** A Schedule as the server has it. */
export interface LiveSchedule {
  scheduleId: string;
  pipeline: string;
  /** Project whose config made it; undefined for one that Tidemark has not made. */
  owner: string | undefined;
  /** Of the config that was applied last; undefined when somebody has replaced what it starts. */
  fingerprint: string | undefined;
  facts: ScheduleFacts;
  paused: boolean;
  note: string | undefined;
  description: ScheduleDescription;
}

/** Memo of the Schedule itself: it is kept whatever is changed by hand. */
const ownerSchema = z.object({ tidemark: z.object({ project: z.string() }) });
/** Memo of the workflow that it starts: an update may set it. */
const appliedSchema = z.object({ tidemark: z.object({ fingerprint: z.string() }) });

/** The memo by which a project knows its own. */
export const ownerMemo = (project: string): z.infer<typeof ownerSchema> => ({ tidemark: { project } });

/** The Schedules of these pipelines, and all others whose id is like one of ours, whoever has made them. */
export async function liveSchedules(client: Client, pipelines: readonly string[]): Promise<LiveSchedule[]> {
  // The list lags behind what was just done; asking for one by its id does not.
  const listed = await listedIds(client);
  const ids = [...new Set([...pipelines.map(scheduleId), ...listed])];
  const found: LiveSchedule[] = [];
  for (const id of ids) {
    const live = await liveSchedule(client, id);
    if (live !== undefined) found.push(live);
  }
  return found;
}

export async function liveSchedule(client: Client, id: string): Promise<LiveSchedule | undefined> {
  try {
    const description = await client.schedule.getHandle(id).describe();
    const { spec, policies, action, memo, state } = description;
    return {
      scheduleId: id,
      pipeline: id.slice(SCHEDULE_PREFIX.length),
      owner: ownerSchema.safeParse(memo).data?.tidemark.project,
      fingerprint: appliedSchema.safeParse(action.memo).data?.tidemark.fingerprint,
      facts: factsOf({ spec, policies, action }),
      paused: state.paused,
      note: state.note === '' ? undefined : state.note,
      description,
    };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** By the raw call: the SDK's own list decodes every memo of the namespace, and fails over one that is encrypted for somebody else. */
async function listedIds({ workflowService, options: { namespace } }: Client): Promise<string[]> {
  const ids: string[] = [];
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await workflowService.listSchedules({ namespace, maximumPageSize: 1_000, nextPageToken });
    for (const { scheduleId: id } of page.schedules) if (id?.startsWith(SCHEDULE_PREFIX) === true) ids.push(id);
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0);
  return ids;
}
