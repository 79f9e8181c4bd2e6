import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure, defaultPayloadConverter } from '@temporalio/common';
import { TidemarkError } from '../contracts/errors.js';
import type { AmsSendState } from '../contracts/ams-activities.js';
import type { AmsUpsertProfilesResult } from '../contracts/ams-results.js';
import { leftIn, openAmsBench } from './support/ams-worker.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './support/memory-ams.js';
import { failureOf } from './support/outcome.js';
import { CACHES, form, profileUpserts, untilWaiting } from './support/profile-upserts.js';
import { leaksInHistory, wordMark } from './support/secret-scan.js';

/** In rows of these tests: where it is found elsewhere, a row has leaked. */
const ROW = 'rowmark-of-the-profile-tests';

describe.each(CACHES)('a profile upsert as a durable run with %j', (worker) => {
  const upserts = profileUpserts(worker);
  const { ams, rowsFor, sent, refuse } = upserts;

  it('writes one profile per user, in the order of the table, and counts upserted, attempted and failed', async () => {
    await upserts.bench.put('squad.csv', 'user_id,height_cm,code\n103,180.5,00123\n101,175,007\n102,,x\n');
    const result = await upserts.bench.execute({
      form,
      source: { connection: 'lake', table: 'squad' },
      concurrency: 1,
    });
    expect(result).toEqual({
      form,
      result: 'success',
      rows: 3,
      upserted: 3,
      attempted: 3,
      failed: 0,
      notAttempted: 0,
      leftOut: { unknownUsers: 0, superseded: 0, empty: 0 },
      failures: [],
      summary: 'Athlete Profile: success. 3 of 3 rows upserted, 0 failed, 0 not attempted.',
    });
    expect(Object.fromEntries(ams.stored)).toEqual({
      101: { height_cm: '175', code: '007' },
      102: { code: 'x' },
      103: { height_cm: '180.5', code: '00123' },
    });
    expect(ams.calls.flatMap(({ user }) => user ?? [])).toEqual([103, 101, 102]);
    expect(await leftIn(upserts.bench.spool)).toEqual([]);
  });

  it('has no value of a row in its history, whatever becomes of the rows', async () => {
    await upserts.bench.put('marked.csv', `user_id,code\n101,${ROW}\n102,${ROW}\n999,${ROW}\n`);
    refuse(102);
    const source = { connection: 'lake', table: 'marked' };
    const handle = await upserts.bench.start({ form, source, onUnknownUser: 'quarantine', requireConfirmation: true });
    await untilWaiting(handle);
    await handle.executeUpdate('confirm', { args: [{ by: 'Ada', answer: 'yes' }] });
    await handle.result();
    expect(await leaksInHistory(upserts.bench.temporal.client, handle, [wordMark('a row', ROW)])).toEqual([]);
  });

  it('goes on with the others when AMS refuses a row for good, and names it with the reason', async () => {
    refuse(102);
    const result = await upserts.bench.execute({ form, source: rowsFor(3) });
    expect(result).toMatchObject({
      result: 'partial',
      rows: 3,
      upserted: 2,
      attempted: 3,
      failed: 1,
      notAttempted: 0,
    });
    expect(result.failures).toEqual([{ row: 2, user: 102, code: 'AMS_REFUSED', reason: 'AMS refused the profile.' }]);
  });

  it('ends at the first row that fails when asked to, and the three counts add up to the rows', async () => {
    refuse(103);
    const input = { form, source: rowsFor(20), concurrency: 1, onRowError: 'stop' };
    const failure = await failureOf(upserts.bench.execute(input));
    expect(failure.code).toBe('AMS_ROWS_FAILED');
    expect(failure.message).toContain('Row 3: AMS refused the profile.');
    expect(failure.result).toMatchObject({ result: 'partial', rows: 20, upserted: 2, failed: 1, notAttempted: 17 });
    expect(ams.stored.size).toBe(2);
  });

  it('fails when no row at all could be written, with the list of rows', async () => {
    refuse(101, 102, 103);
    const failure = await failureOf<AmsUpsertProfilesResult>(upserts.bench.execute({ form, source: rowsFor(3) }));
    expect(failure.code).toBe('AMS_ROWS_FAILED');
    expect(failure.result).toMatchObject({ result: 'failed', upserted: 0, attempted: 3, failed: 3, notAttempted: 0 });
    expect(failure.result?.failures.map(({ row }) => row)).toEqual([1, 2, 3]);
  });

  it('never has more requests under way than configured, and as many when there is work', async () => {
    ams.before = () => sleep(5);
    await upserts.bench.execute({ form, source: rowsFor(60), concurrency: 6 });
    expect(ams.mostInFlight).toBe(6);
  });

  it('tries a row again at the end that failed for the moment', async () => {
    let failures = 1;
    ams.before = (call, user) => {
      if (call === 'upsertProfile' && user === 103 && (failures -= 1) >= 0)
        throw new TidemarkError('AMS is busy.', { code: 'AMS_SERVER_ERROR', retryable: true, httpStatus: 503 });
    };
    const result = await upserts.bench.execute({ form, source: rowsFor(8), concurrency: 2 });
    expect(result).toMatchObject({ result: 'success', upserted: 8, failed: 0 });
    expect(sent(103)).toBe(2);
    expect(ams.calls.at(-1)?.user).toBe(103);
  });

  it('waits for AMS to come back, and sends again only what was not confirmed', async () => {
    let away = 8;
    ams.before = (call, user) => {
      if (call === 'upsertProfile' && (user ?? 0) > 110 && (away -= 1) >= 0)
        throw new TidemarkError('AMS is away.', { code: 'AMS_UNREACHABLE', retryable: true });
    };
    const result = await upserts.bench.execute({ form, source: rowsFor(30), concurrency: 2 });
    expect(result).toMatchObject({ result: 'success', upserted: 30 });
    expect([101, 105, 110].map(sent)).toEqual([1, 1, 1]);
  });

  it('ends at once when AMS does not accept the credentials any more, and says what was written', async () => {
    ams.before = (call, user) => {
      if (call === 'upsertProfile' && user === 105)
        throw new TidemarkError('AMS does not accept them.', { code: 'AMS_AUTHENTICATION', retryable: false });
    };
    const failure = await failureOf(upserts.bench.execute({ form, source: rowsFor(10), concurrency: 1 }));
    expect(failure.code).toBe('AMS_AUTHENTICATION');
    expect(failure.result).toMatchObject({ upserted: 4, failed: 0, notAttempted: 6 });
  });

  it('goes on where the latest heartbeat says when its worker is replaced', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    ams.before = (call, user, { signal }) => {
      if (call !== 'upsertProfile' || (user ?? 0) < 131 || sent(user ?? 0) > 1) return;
      const ended = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      return Promise.race([held, ended]);
    };
    const handle = await upserts.bench.start({ form, source: rowsFor(40), concurrency: 2 });
    await untilBeat(handle, ({ upserted }) => upserted === 30);
    await upserts.bench.replaceWorker();
    release();
    expect(await handle.result()).toMatchObject({ result: 'success', upserted: 40, attempted: 40 });
    expect(Array.from({ length: 30 }, (_, index) => sent(101 + index))).toEqual(Array(30).fill(1));
  });

  it('is told of the cancellation within its step, and leaves no temporary file', async () => {
    ams.before = (call, user, { signal }) =>
      call === 'upsertProfile' && user === 103
        ? new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
        : undefined;
    const handle = await upserts.bench.start({ form, source: rowsFor(20), concurrency: 1 });
    while (sent(103) === 0) await sleep(20);
    await handle.cancel();
    const error: unknown = await handle.result().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    expect(ams.stored.size).toBe(2);
    expect(await leftIn(upserts.bench.spool)).toEqual([]);
  });

  it('works through a long table in stretches, each going on where the one before ended', async () => {
    refuse(107, 122);
    const result = await upserts.bench.execute({ form, source: rowsFor(50), rowsPerStretch: 7, concurrency: 3 });
    expect(result).toMatchObject({ result: 'partial', rows: 50, upserted: 48, failed: 2, notAttempted: 0 });
    expect(result.failures.map(({ row }) => row)).toEqual([7, 22]);
    expect(Array.from({ length: 50 }, (_, index) => sent(101 + index))).toEqual(Array(50).fill(1));
  });

  it('reads form and users once for all its steps, or anew in each when the cache is off', async () => {
    await upserts.bench.execute({ form, source: rowsFor(5), rowsPerStretch: 2 });
    expect([ams.count('users'), ams.count('findForm')]).toEqual([1, 1]);
    await upserts.bench.execute({ form, source: rowsFor(5), rowsPerStretch: 2, cache: false });
    expect(ams.count('users')).toBeGreaterThan(3);
  });

  it('writes a long list of failures to the results location, and the result says where', async () => {
    const many = new MemoryAms(ATHLETE_FORM, athletes(450));
    many.before = (call, user) => {
      if (call === 'upsertProfile' && user !== 101)
        throw new TidemarkError('AMS refused the profile.', { code: 'AMS_REFUSED', retryable: false });
    };
    const other = await openAmsBench(many);
    try {
      const table = ['user_id,code', ...many.people.map(({ id }) => `${id},x`), ''].join('\n');
      await other.put('many.csv', table);
      const result = await other.execute({ form, source: { connection: 'lake', table: 'many' } });
      expect(result).toMatchObject({ upserted: 1, failed: 449, failures: [], failuresReference: { entries: 449 } });
      const entries = await other.entries(result.failuresReference);
      expect(entries).toHaveLength(449);
      expect(new Set(entries.map((entry) => (entry as { row: number }).row)).size).toBe(449);
    } finally {
      await other.close();
    }
  });

  it('begins anew when the table has changed meanwhile, so that what is there at the end is the new one', async () => {
    await upserts.bench.put('moving.csv', 'user_id,code\n101,old\n102,old\n103,old\n');
    ams.before = async (call, user) => {
      if (call !== 'upsertProfile' || user !== 103 || sent(103) > 1) return;
      await upserts.bench.put('moving.csv', 'user_id,code\n101,new\n102,new\n103,new\n104,new\n');
      throw new TidemarkError('AMS is busy.', { code: 'AMS_SERVER_ERROR', retryable: true });
    };
    const source = { connection: 'lake', table: 'moving' };
    const result = await upserts.bench.execute({ form, source, concurrency: 1, rowsPerStretch: 3 });
    expect(result).toMatchObject({ result: 'success', rows: 4, upserted: 4 });
    expect([...ams.stored.values()].map(({ code }) => code)).toEqual(['new', 'new', 'new', 'new']);
  });
});

/** Until the server has a heartbeat that says so. */
async function untilBeat(handle: WorkflowHandle, isThere: (state: AmsSendState) => boolean): Promise<void> {
  for (;;) {
    const { raw } = await handle.describe();
    const payload = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0];
    // What `amsSendProfiles` marks; at first it has nothing to say.
    const state = payload == null ? undefined : defaultPayloadConverter.fromPayload<AmsSendState | null>(payload);
    if (state != null && isThere(state)) return;
    await sleep(50);
  }
}
