import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { TidemarkError } from '../contracts/errors.js';
import type { AmsProgress } from '../contracts/ams-results.js';
import { failureOf } from './support/outcome.js';
import { CACHES, form, profileUpserts, untilWaiting } from './support/profile-upserts.js';

describe.each(CACHES)('a profile upsert that waits for a confirmation, with %j', (worker) => {
  const upserts = profileUpserts(worker);
  const { ams, rowsFor } = upserts;
  const asking = {
    form,
    source: {
      rows: [
        { user_id: 101, code: 'b' },
        { user_id: 102, code: 'b' },
      ],
    },
    requireConfirmation: true,
  };
  beforeEach(() => {
    ams.stored.set(101, { code: 'a' });
  });

  it('shows meanwhile what would be changed, sends nothing before, and says who said yes', async () => {
    const handle = await upserts.bench.start(asking);
    const progress = await untilAsking(handle);
    expect(progress).toMatchObject({
      form,
      rows: 2,
      upserted: 0,
      changes: { readable: true, users: 2, created: 1, changed: 1, unchanged: 0, fields: { code: 2 } },
    });
    expect(ams.count('upsertProfile')).toBe(0);
    const sample = await upserts.bench.entries(progress.changes?.sample);
    expect(sample).toContainEqual({ row: 1, user: 101, field: 'code', from: 'a', to: 'b' });
    const { raw } = await handle.describe();
    expect(raw.workflowExtendedInfo).toBeDefined();
    await handle.executeUpdate('confirm', { args: [{ by: 'Ada', answer: 'yes' }] });
    expect(await handle.result()).toMatchObject({
      result: 'success',
      upserted: 2,
      confirmation: { by: 'Ada', answer: 'yes' },
    });
  });

  it('ends as cancelled by user when the answer is no, and sends nothing', async () => {
    const handle = await upserts.bench.start(asking);
    await untilWaiting(handle);
    await handle.executeUpdate('confirm', { args: [{ by: 'Ada', answer: 'no' }] });
    expect(await handle.result()).toMatchObject({
      result: 'cancelled by user',
      rows: 2,
      upserted: 0,
      attempted: 0,
      failed: 0,
      notAttempted: 2,
    });
    expect(ams.count('upsertProfile')).toBe(0);
  });

  it('ends as not confirmed when nobody answers in time, and sends nothing', async () => {
    const result = await upserts.bench.execute({ ...asking, confirmTimeoutSeconds: 0.5 });
    expect(result).toMatchObject({ result: 'not confirmed', attempted: 0, notAttempted: 2 });
    expect(ams.count('upsertProfile')).toBe(0);
  });

  it('refuses an answer that is none, one without a name, and one that it does not wait for', async () => {
    const handle = await upserts.bench.start(asking);
    await untilWaiting(handle);
    const answer = (given: object) => handle.executeUpdate('confirm', { args: [given] });
    await expect(answer({ by: 'Ada', answer: 'maybe' })).rejects.toMatchObject({
      cause: { type: 'ValidationError' },
    });
    await expect(answer({ answer: 'yes' })).rejects.toMatchObject({ cause: { type: 'ValidationError' } });
    await answer({ by: 'Ada', answer: 'no' });
    await handle.result();
    const other = await upserts.bench.start({ form, source: rowsFor(2) });
    await other.result();
    let held = (): void => undefined;
    ams.before = (call) => (call === 'upsertProfile' ? new Promise<void>((resolve) => (held = resolve)) : undefined);
    const unasked = await upserts.bench.start({ form, source: rowsFor(1) });
    while (ams.inFlight === 0) await sleep(20);
    await expect(unasked.executeUpdate('confirm', { args: [{ by: 'Ada', answer: 'yes' }] })).rejects.toMatchObject({
      cause: { type: 'AMS_NOT_WAITING' },
    });
    held();
    await unasked.result();
  });

  it('sends nothing when the table is another one than that which was confirmed', async () => {
    await upserts.bench.put('confirmed.csv', 'user_id,code\n101,b\n');
    const handle = await upserts.bench.start({ ...asking, source: { connection: 'lake', table: 'confirmed' } });
    await untilWaiting(handle);
    await upserts.bench.put('confirmed.csv', 'user_id,code\n101,c\n');
    await handle.executeUpdate('confirm', { args: [{ by: 'Ada', answer: 'yes' }] });
    expect((await failureOf(handle.result())).code).toBe('AMS_TABLE_CHANGED');
    expect(ams.count('upsertProfile')).toBe(0);
  });

  it('asks all the same when the account may not read profiles, and says that it does not know', async () => {
    ams.before = (call) => {
      if (call === 'profiles') throw new TidemarkError('Access denied.', { code: 'AMS_FORBIDDEN', retryable: false });
    };
    const handle = await upserts.bench.start(asking);
    const progress = await untilAsking(handle);
    expect(progress.changes).toMatchObject({ readable: false, users: 2 });
    await handle.executeUpdate('confirm', { args: [{ by: 'Ada', answer: 'no' }] });
    await handle.result();
  });
});

async function untilAsking(handle: WorkflowHandle): Promise<AmsProgress> {
  await untilWaiting(handle);
  const progress = await handle.query<AmsProgress>('progress');
  expect(progress.phase).toBe('waiting for confirmation');
  // The worker puts away what it has answered from.
  await sleep(200);
  return progress;
}
