import { ScheduleAlreadyRunning, type Client } from '@temporalio/client';
import type { TidemarkClientConfig } from '../../../contracts/config.js';
import { TidemarkError } from '../../../contracts/errors.js';
import type { TemporalClient } from '../connect.js';
import { definedSchedules, type ScheduleDefinition } from './definition.js';
import { diffSchedules, type ScheduleChange } from './diff.js';
import { liveSchedule, liveSchedules, ownerMemo, type LiveSchedule } from './live.js';

/** Name that a project's Schedules bear. */
export function projectOf(
  config: Pick<TidemarkClientConfig, 'project'>,
  { target }: Pick<TemporalClient, 'target'>,
): string {
  return config.project ?? target.taskQueue;
}

/** What `applySchedules` would do. Changes nothing. */
export async function planSchedules(
  temporal: TemporalClient,
  config: Pick<TidemarkClientConfig, 'pipelines' | 'project'>,
  options: { adopt?: boolean } = {},
): Promise<ScheduleChange[]> {
  const defined = definedSchedules(config, temporal.target.taskQueue);
  const live = await liveSchedules(
    temporal.client,
    defined.map(({ pipeline }) => pipeline),
  );
  return diffSchedules(defined, live, { owner: projectOf(config, temporal), ...options });
}

/**
 * Makes the changes of a plan, one after the other; to be asked for again when it was interrupted.
 *
 * @throws TidemarkError `SCHEDULE_NOT_OWNED` before anything is changed, `SCHEDULE_REFUSED` when the server does not take one
 */
export async function applySchedules(
  { client }: TemporalClient,
  changes: readonly ScheduleChange[],
  project: string,
): Promise<void> {
  refuseForeign(changes);
  for (const change of changes) {
    await make(client, change, project).catch((cause: unknown) => {
      if (cause instanceof TidemarkError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new TidemarkError(`The server did not ${change.change} the Schedule ${change.scheduleId}: ${reason}.`, {
        code: 'SCHEDULE_REFUSED',
        retryable: true,
        mend: 'Those before it are done; mend the cause and apply again.',
        cause,
      });
    });
  }
}

/** Nothing may be changed while one of the Schedules is another's. */
export function refuseForeign(changes: readonly ScheduleChange[]): void {
  const refused = changes.filter(({ change }) => change === 'refused');
  if (refused.length === 0) return;
  const list = refused.map(({ scheduleId, owner }) => {
    const whose = owner === undefined ? 'was not made by Tidemark' : `belongs to the project "${owner}"`;
    return `${scheduleId} ${whose}`;
  });
  throw new TidemarkError(`Schedules of these ids are not this project's: ${list.join('; ')}. Nothing was changed.`, {
    code: 'SCHEDULE_NOT_OWNED',
    retryable: false,
    mend: 'Rename the pipeline, or say --adopt to have them replaced by the ones of this config.',
  });
}

async function make(client: Client, change: ScheduleChange, project: string): Promise<void> {
  const { definition, scheduleId } = change;
  if (change.change === 'delete') return deleteOwn(client, scheduleId, project);
  if (definition === undefined || change.change === 'unchanged') return;
  const live = await liveSchedule(client, scheduleId);
  if (live === undefined) return create(client, definition, project);
  if (live.owner !== project) {
    if (change.change === 'create') throw appeared(scheduleId);
    // What it is called by is fixed when a Schedule is made.
    await client.schedule.getHandle(scheduleId).delete();
    return create(client, definition, project, live);
  }
  const { spec, policies, action, paused } = definition;
  await client.schedule.getHandle(scheduleId).update(({ state }) => ({
    spec,
    action,
    ...(policies === undefined ? {} : { policies }),
    state: { ...state, ...(paused === undefined || paused === state.paused ? {} : { paused, note: BY_CONFIG }) },
  }));
}

const BY_CONFIG = 'paused of tidemark.yaml, by tidemark apply';

async function create(
  client: Client,
  { scheduleId, spec, policies, action, paused }: ScheduleDefinition,
  project: string,
  before?: LiveSchedule,
): Promise<void> {
  const asIs =
    before === undefined ? {} : { paused: before.paused, ...(before.note === undefined ? {} : { note: before.note }) };
  const state = paused === undefined ? asIs : { paused, note: BY_CONFIG };
  try {
    await client.schedule.create({
      scheduleId,
      spec,
      action,
      state,
      memo: ownerMemo(project),
      ...(policies === undefined ? {} : { policies }),
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) throw appeared(scheduleId);
    throw error;
  }
}

/** Between the plan and this moment it may have become another's, or be gone. */
async function deleteOwn(client: Client, scheduleId: string, project: string): Promise<void> {
  const live = await liveSchedule(client, scheduleId);
  if (live?.owner === project) await client.schedule.getHandle(scheduleId).delete();
}

function appeared(scheduleId: string): TidemarkError {
  return new TidemarkError(`The Schedule ${scheduleId} was made by somebody else meanwhile.`, {
    code: 'SCHEDULE_NOT_OWNED',
    retryable: true,
    mend: 'Apply again to see what it is.',
  });
}
