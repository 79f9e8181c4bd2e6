import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TidemarkError } from '../contracts/errors.js';
import { openAmsBench, readText, type AmsBench } from './support/ams-worker.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './support/memory-ams.js';
import { failureOf } from './support/outcome.js';

// What the observed client (teamworksams 0.1.0) does wrong with tables, users, values and results, each by its number in the list of
// its defects; what concerns the calls themselves is in the tests of the connector.

describe('what the peer gets wrong, done right', () => {
  const people = athletes(20);
  const ams = new MemoryAms(ATHLETE_FORM, people);
  let bench: AmsBench;
  beforeAll(async () => {
    bench = await openAmsBench(ams);
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    ams.stored.clear();
    ams.calls.length = 0;
    ams.before = () => undefined;
  });
  const form = 'Athlete Profile';
  const send = async (csv: string, more: object = {}) => {
    await bench.put('peer.csv', csv);
    return bench.execute({ form, source: { connection: 'lake', table: 'peer' }, ...more });
  };
  const refuse = (user: number, code = 'AMS_REFUSED') => {
    ams.before = (call, whose) => {
      if (call === 'upsertProfile' && whose === user) throw new TidemarkError('No.', { code, retryable: false });
    };
  };

  it('weakness 1: everything is checked before the first request, and all problems are told at once', async () => {
    const failure = await failureOf(send('user_id,height_cm\n101,tall\n7,1\n102,small\n'));
    expect(failure.message).toMatch(/1 row with a user.*row 2.*2 rows with a value.*rows 1, 3/s);
    expect(ams.count('upsertProfile')).toBe(0);
  });

  it('weaknesses 2 and 3: a result tells of every row, whoever watches', async () => {
    refuse(102);
    const result = await send('user_id,code\n101,a\n102,b\n103,c\n');
    expect(result).toMatchObject({ rows: 3, upserted: 2, attempted: 3, failed: 1, notAttempted: 0 });
    expect(result.failures).toEqual([{ row: 2, user: 102, code: 'AMS_REFUSED', reason: 'No.' }]);
  });

  it('weakness 4: decimals stay what they are', async () => {
    await send('user_id,height_cm\n101,75.5\n102,-0.9\n103,1.10\n');
    expect([101, 102, 103].map((user) => ams.stored.get(user)?.['height_cm'])).toEqual(['75.5', '-0.9', '1.10']);
  });

  it('weakness 5: one gap in a column changes no other value of it', async () => {
    await send('user_id,height_cm,code\n101,180,a\n102,,b\n');
    expect(ams.stored.get(101)).toEqual({ height_cm: '180', code: 'a' });
    expect(ams.stored.get(102)).toEqual({ code: 'b' });
  });

  it('weakness 6: large integers keep their digits, and true becomes the word of the form', async () => {
    await send('user_id,height_cm,injured\n101,9007199254740993,true\n');
    expect(ams.stored.get(101)).toEqual({ height_cm: '9007199254740993', injured: 'Yes' });
  });

  it('weakness 7: gaps leave what is stored, unless clearing is asked for', async () => {
    ams.stored.set(101, { code: 'kept', side: 'Left' });
    await send('user_id,code,side\n101,,Right\n');
    expect(ams.stored.get(101)).toEqual({ code: 'kept', side: 'Right' });
    await send('user_id,code,side\n101,,Right\n', { emptyCells: 'clear' });
    expect(ams.stored.get(101)).toEqual({ code: '', side: 'Right' });
  });

  it('weakness 8: the same profiles again are sent again, though reads are cached', async () => {
    await send('user_id,code\n101,a\n');
    ams.stored.set(101, { code: 'changed by somebody else' });
    await send('user_id,code\n101,a\n');
    expect(ams.stored.get(101)).toEqual({ code: 'a' });
  });

  it('weakness 9: two connections are two clients: what is for one site never goes to another', async () => {
    const other = new MemoryAms(ATHLETE_FORM, athletes(3));
    const second = await openAmsBench(other);
    try {
      await second.execute({ form, source: { rows: [{ user_id: 101, code: 'b' }] } });
      await send('user_id,code\n102,a\n');
      expect([...other.stored.keys()]).toEqual([101]);
      expect([...ams.stored.keys()]).toEqual([102]);
    } finally {
      await second.close();
    }
  });

  it('weakness 11: a name that two athletes have is written to neither', async () => {
    people.push({ ...people[0]!, id: 900, username: 'other', email: 'other@club.example' });
    const failure = await failureOf(send('about,code\nAda Made-Up 1,x\n', { idColumn: 'about' }));
    people.pop();
    expect(failure.code).toBe('AMS_AMBIGUOUS_USERS');
    expect(ams.stored.size).toBe(0);
  });

  it('weakness 12: one bad identifier need not stop the others: the row goes to quarantine, with its values', async () => {
    const csv = 'username,code\nathlete.1,a\nnobody,00123\nAthlete.2 ,b\n';
    const result = await send(csv, { idColumn: 'username', onUnknownUser: 'quarantine' });
    expect(result).toMatchObject({ result: 'partial', rows: 3, upserted: 2, failed: 0, notAttempted: 1 });
    expect(result.leftOut).toEqual({ unknownUsers: 1, superseded: 0, empty: 0 });
    expect(await bench.entries(result.quarantine)).toMatchObject([
      { row: 2, values: { username: 'nobody', code: '00123' } },
    ]);
    expect(ams.count('users')).toBe(1);
  });

  it('weakness 13: ids of users are verified before anything is sent', async () => {
    expect((await failureOf(send('user_id,code\n101,a\n12345,b\n'))).code).toBe('AMS_UNKNOWN_USERS');
    expect((await failureOf(send('user_id,code\n101,a\n,b\n'))).code).toBe('AMS_UNKNOWN_USERS');
    expect(ams.count('upsertProfile')).toBe(0);
  });

  it('weakness 17: of several rows for one user the last one counts where that is asked for, and the result says so', async () => {
    const csv = 'user_id,code,side\n101,,Left\n102,x,\n101,second,Right\n';
    const result = await send(csv, { onDuplicateUser: 'last' });
    expect(ams.stored.get(101)).toEqual({ code: 'second', side: 'Right' });
    expect(result).toMatchObject({
      result: 'success',
      rows: 3,
      upserted: 2,
      notAttempted: 1,
      leftOut: { superseded: 1 },
    });
    expect(ams.count('upsertProfile')).toBe(2);
  });

  it('weakness 18: type of the form and names of its fields are checked first', async () => {
    expect((await failureOf(send('user_id,nothing\n101,a\n'))).code).toBe('AMS_UNKNOWN_FIELDS');
    expect(ams.calls.map(({ call }) => call)).toEqual(['findForm', 'users']);
  });

  it('weakness 19: no column is dropped silently: a field named like an identifier can be written', async () => {
    await send('user_id,email,first name\n101,ada@club.example,Ada\n', {
      columns: { email: 'email', 'first name': 'code' },
    });
    expect(ams.stored.get(101)).toEqual({ email: 'ada@club.example', code: 'Ada' });
    expect((await failureOf(send('user_id,email,about\n101,a,b\n'))).message).toContain("no field 'about'");
  });

  it('weaknesses 20 and 21: a reply that nobody can read is that record’s failure alone, in words', async () => {
    refuse(102, 'AMS_UNEXPECTED_REPLY');
    const result = await send('user_id,code\n101,a\n102,b\n103,c\n');
    expect(result).toMatchObject({ upserted: 2, failed: 1 });
    expect(result.failures).toMatchObject([{ row: 2, code: 'AMS_UNEXPECTED_REPLY' }]);
  });

  it('weakness 22: some failures are no success, records are counted one by one, and all of them are told', async () => {
    ams.before = (call, user) => {
      if (call === 'upsertProfile' && (user ?? 0) > 101)
        throw new TidemarkError('No.', { code: 'AMS_REFUSED', retryable: false });
    };
    const result = await send(`user_id,code\n${people.map(({ id }) => `${id},x`).join('\n')}\n`);
    expect(result).toMatchObject({ result: 'partial', rows: 20, upserted: 1, attempted: 20, failed: 19 });
    expect(result.failures).toHaveLength(19);
    expect(result.summary).toBe('Athlete Profile: partial. 1 of 20 rows upserted, 19 failed, 0 not attempted.');
  });

  it('weakness 23: no confirmation is asked for unless it is wanted', async () => {
    expect(await send('user_id,code\n101,a\n')).toMatchObject({ result: 'success' });
  });

  it('weakness 24: the source stays as it is, byte for byte', async () => {
    const csv = 'user_id,code,side\r\n101,"",Left\r\n102,,Right\r\n';
    await send(csv);
    expect(await readText(`${bench.lake}/peer.csv`)).toBe(csv);
  });

  it('weakness 25: rows are sent in the order of the table', async () => {
    await send('user_id,code\n105,a\n101,b\n103,c\n', { concurrency: 1 });
    expect(ams.calls.flatMap(({ user }) => user ?? [])).toEqual([105, 101, 103]);
  });

  it.each(['User_ID', ' user_id', 'USER_ID'])('weakness 28: an id column spelt %j is one', async (name) => {
    expect(await send(`${name},code\n101,a\n`)).toMatchObject({ upserted: 1 });
  });

  it('weakness 29: gaps in columns of integers are gaps', async () => {
    await send('user_id,height_cm,code\n101,,a\n102,2,b\n');
    expect(ams.stored.get(101)).toEqual({ code: 'a' });
  });

  it('weakness 14: many requests are under way at the same time, and never more than configured', async () => {
    ams.mostInFlight = 0;
    ams.before = () => new Promise((resolve) => setTimeout(resolve, 5));
    await send(`user_id,code\n${people.map(({ id }) => `${id},x`).join('\n')}\n`, { concurrency: 5 });
    expect(ams.mostInFlight).toBe(5);
  });

  it('weakness 33: what one run has read is not another’s: a user who came meanwhile is found', async () => {
    await send('user_id,code\n101,a\n');
    people.push({ ...people[0]!, id: 777, username: 'new' });
    expect(await send('user_id,code\n777,a\n')).toMatchObject({ upserted: 1 });
    people.pop();
  });
});
