import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '../../contracts/errors.js';
import { openAmsBench, type AmsBench } from './ams-worker.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './memory-ams.js';

export const form = 'Athlete Profile';

/** With a workflow cache of 0 every workflow task replays from the start. */
export const CACHES = [{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }];

/** What tests of upserts need: an AMS of 60 users, from 101 on, and a worker that sends to it. */
export interface ProfileUpserts {
  /** Empty, and without faults, when a test begins. */
  ams: MemoryAms;
  bench: AmsBench;
  /** A source of as many rows, one for each user. */
  rowsFor: (count: number) => { rows: { user_id: number; code: string }[] };
  /** How often a user's profile was sent. */
  sent: (user: number) => number;
  /** Lets AMS refuse the profiles of these users for good. */
  refuse: (...users: number[]) => void;
}

/** For the tests of one `describe`. */
export function profileUpserts(worker: Partial<WorkerOptions>): ProfileUpserts {
  const ams = new MemoryAms(ATHLETE_FORM, athletes(60));
  let bench: AmsBench | undefined;
  beforeAll(async () => {
    bench = await openAmsBench(ams, { worker: { ...worker, stickyQueueScheduleToStartTimeout: '1s' } });
  });
  afterAll(() => bench?.close());
  beforeEach(() => {
    ams.stored.clear();
    ams.calls.length = 0;
    ams.mostInFlight = 0;
    ams.before = () => undefined;
  });
  return {
    ams,
    get bench() {
      if (bench === undefined) throw new Error('the worker runs only during tests');
      return bench;
    },
    rowsFor: (count) => ({
      rows: Array.from({ length: count }, (_, index) => ({ user_id: 101 + index, code: `x${index}` })),
    }),
    sent: (user) => ams.calls.filter((each) => each.user === user).length,
    refuse: (...users) => {
      ams.before = (call, user) => {
        if (call === 'upsertProfile' && users.includes(user ?? 0))
          throw new TidemarkError('AMS refused the profile.', { code: 'AMS_REFUSED', retryable: false });
      };
    },
  };
}

/** By the timer in its history. A query is work for the worker: without a cache, it loses an update that comes right behind, for 10 s. */
export async function untilWaiting(handle: WorkflowHandle): Promise<void> {
  for (;;) {
    const { events } = await handle.fetchHistory();
    if (events?.some(({ timerStartedEventAttributes: started }) => started != null) === true) return;
    await sleep(30);
  }
}
