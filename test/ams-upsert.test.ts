import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TidemarkError } from '../contracts/errors.js';
import { leftIn, openAmsBench, type AmsBench } from './support/ams-worker.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './support/memory-ams.js';

describe('a profile upsert as a durable run', () => {
  const ams = new MemoryAms(ATHLETE_FORM, athletes(20));
  let bench: AmsBench;
  beforeAll(async () => {
    bench = await openAmsBench(ams);
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    ams.stored.clear();
    ams.calls.length = 0;
    ams.mostInFlight = 0;
    ams.before = () => undefined;
  });
  const form = 'Athlete Profile';

  it('writes one profile per user, and says how many were upserted, attempted and failed', async () => {
    await bench.put('squad.csv', 'user_id,height_cm,code\n103,180.5,00123\n101,175,007\n102,,x\n');
    const result = await bench.execute({ form, source: { connection: 'lake', table: 'squad' } });
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
    expect(ams.count('users')).toBe(1);
    expect(await leftIn(bench.spool)).toEqual([]);
  });

  it('goes on with the others when AMS refuses a row for good, and names it with the reason', async () => {
    ams.before = (call, user) => {
      if (call === 'upsertProfile' && user === 102)
        throw new TidemarkError('AMS refused the profile.', { code: 'AMS_REFUSED', retryable: false });
    };
    const rows = [101, 102, 103].map((user_id) => ({ user_id, code: 'x' }));
    const result = await bench.execute({ form, source: { rows } });
    expect(result).toMatchObject({ result: 'partial', rows: 3, upserted: 2, attempted: 3, failed: 1, notAttempted: 0 });
    expect(result.failures).toEqual([{ row: 2, user: 102, code: 'AMS_REFUSED', reason: 'AMS refused the profile.' }]);
  });
});
