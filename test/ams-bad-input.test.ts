import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TidemarkError } from '../contracts/errors.js';
import type { AmsUpsertProfilesResult } from '../contracts/ams-results.js';
import { leftIn, openAmsBench, type AmsBench } from './support/ams-worker.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './support/memory-ams.js';
import { failureOf, type Failed } from './support/outcome.js';
import { leaksInHistory, wordMark } from './support/secret-scan.js';

/** Stands in every bad table: where it is found elsewhere, a row has leaked. */
const ROW = 'rowvalue-of-a-refused-profile';

describe('bad input of a profile upsert: a clear error, and nothing is sent', () => {
  const people = athletes(20);
  const ams = new MemoryAms({ ...ATHLETE_FORM }, people);
  let bench: AmsBench;
  let tables = 0;
  beforeAll(async () => {
    // Two of one name, as there are in every club.
    people.push({ ...people[0]!, id: 900, username: 'other', email: 'other@club.example' });
    bench = await openAmsBench(ams);
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    ams.calls.length = 0;
    ams.before = () => undefined;
    Object.assign(ams.form, { type: 'profile', isReadOnly: false });
  });

  /** Runs it, and checks what holds for every refusal. */
  async function refused(csv: string | undefined, more: object = {}): Promise<Failed<AmsUpsertProfilesResult>> {
    const table = `bad${(tables += 1)}`;
    if (csv !== undefined) await bench.put(`${table}.csv`, csv);
    const handle = await bench.start({ form: 'Athlete Profile', source: { connection: 'lake', table }, ...more });
    // What the workflow returns, by its own contract.
    const failure = await failureOf(handle.result() as Promise<AmsUpsertProfilesResult>);
    expect(ams.count('upsertProfile')).toBe(0);
    expect(await leaksInHistory(bench.temporal.client, handle, [wordMark('a row', ROW)])).toEqual([]);
    expect(await leftIn(bench.spool)).toEqual([]);
    return failure;
  }

  it('an empty table', async () => {
    expect((await refused('user_id,code\n')).code).toBe('AMS_EMPTY_TABLE');
    expect((await refused('')).code).toBe('AMS_EMPTY_TABLE');
    expect((await refused(undefined, { source: { rows: [] } })).code).toBe('AMS_EMPTY_TABLE');
  });

  it('no such table', async () => {
    const failure = await refused(undefined);
    expect(failure.code).toBe('AMS_TABLE_NOT_FOUND');
    expect(failure.message).toMatch(/no table 'bad\d+' in connection 'lake'/);
  });

  it.each(['', '   '])('an empty form name: %j', async (form) => {
    const failure = await refused('user_id,code\n101,x\n', { form });
    expect(failure.code).toBe('ValidationError');
    expect(failure.message).toContain('form: a form has a name');
  });

  it('no id column: the message names those that are there', async () => {
    const failure = await refused('id,code\n101,x\n');
    expect(failure.code).toBe('AMS_NO_ID_COLUMN');
    expect(failure.message).toContain("no column 'user_id'");
    expect(failure.message).toContain("'id', 'code'");
  });

  it.each([
    [{ idColumn: 'uuid' }, 'idColumn'],
    [{ interactive_mode: true }, 'interactive_mode'],
    [{ onUnknownUser: 'skip' }, 'onUnknownUser'],
    [{ emptyCells: null }, 'emptyCells'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ columns: {} }, 'columns'],
    [{ columns: { a: 'code', b: 'code' } }, 'columns: two columns lead to one field'],
  ])('a wrong option: %j', async (more, words) => {
    const failure = await refused('user_id,code\n101,x\n', more);
    expect(failure.code).toBe('ValidationError');
    expect(failure.message).toContain(words);
  });

  it('a form that is not one of profiles', async () => {
    Object.assign(ams.form, { type: 'event' });
    const failure = await refused('user_id,code\n101,x\n');
    expect(failure.code).toBe('AMS_NOT_A_PROFILE_FORM');
    expect(failure.message).toContain("of type 'event'");
  });

  it('no such form', async () => {
    expect((await refused('user_id,code\n101,x\n', { form: 'Athlete' })).code).toBe('AMS_FORM_NOT_FOUND');
  });

  it('a form that the account may only read', async () => {
    Object.assign(ams.form, { isReadOnly: true });
    expect((await refused('user_id,code\n101,x\n')).code).toBe('AMS_FORM_READ_ONLY');
  });

  it.each(['AMS_FORBIDDEN', 'AMS_AUTHENTICATION', 'AMS_NO_CREDENTIALS'])(
    'no access, or bad credentials: %s ends the run at once',
    async (code) => {
      ams.before = () => {
        throw new TidemarkError('AMS does not let us in.', { code, retryable: false });
      };
      expect((await refused('user_id,code\n101,x\n')).code).toBe(code);
      expect(ams.calls).toHaveLength(1);
    },
  );

  it('a connection that the worker does not have', async () => {
    expect((await refused('user_id,code\n101,x\n', { connection: 'clubb' })).code).toBe('UNKNOWN_CONNECTION');
  });

  it('two rows for one user: both rows are named', async () => {
    const failure = await refused(`user_id,code\n101,x\n102,y\n101,${ROW}\n`);
    expect(failure.code).toBe('AMS_DUPLICATE_USERS');
    expect(failure.message).toContain('row 3 (as 1)');
    expect(failure.result).toMatchObject({ rows: 3, upserted: 0, attempted: 0, failed: 1, notAttempted: 2 });
    expect(failure.result?.failures).toEqual([
      { row: 3, user: 101, code: 'AMS_DUPLICATE_USERS', reason: 'row 1 is for the same user' },
    ]);
  });

  it('a value that the type of its field refuses: row and column are named, the value is not', async () => {
    const failure = await refused(`user_id,height_cm,side\n101,180,Left\n102,${ROW},${ROW}\n103,170,\n`);
    expect(failure.code).toBe('AMS_VALUES_REFUSED');
    expect(failure.message).toMatch(/row 2, column 'height_cm': it is no number.*column 'side': .*'Left', 'Right'/);
    expect(failure.result).toMatchObject({ rows: 3, failed: 1, notAttempted: 2 });
  });

  it('fields that the form does not have: all of them are named, with near ones', async () => {
    const failure = await refused('user_id,code,hight_cm,shoe\n101,x,1,2\n');
    expect(failure.code).toBe('AMS_UNKNOWN_FIELDS');
    expect(failure.message).toContain("'hight_cm' (near: height_cm)");
    expect(failure.message).toContain("'shoe'");
  });

  it('a column of `columns` that the table does not have', async () => {
    const failure = await refused('user_id,code\n101,x\n', { columns: { kode: 'code' } });
    expect(failure.code).toBe('AMS_COLUMNS');
    expect(failure.message).toContain("no 'kode'");
  });

  it.each(['bmi', 'team'])('a field that AMS fills in by itself: %s', async (name) => {
    expect((await refused(`user_id,${name}\n101,1\n`)).code).toBe('AMS_FIELD_NOT_WRITABLE');
  });

  it('a required field that would be cleared', async () => {
    const failure = await refused('user_id,note\n101,\n', { emptyCells: 'clear' });
    expect(failure.code).toBe('AMS_VALUES_REFUSED');
    expect(failure.message).toContain("column 'note': the form requires a value");
  });

  it('users that do not exist, or that the account does not see: every row is named, at once', async () => {
    const failure = await refused(`user_id,code\n101,x\n7,${ROW}\n8,y\n,z\n`);
    expect(failure.code).toBe('AMS_UNKNOWN_USERS');
    expect(failure.message).toContain(
      '3 rows with a user that does not exist, or that the account does not see: rows 2, 3, 4',
    );
    const listed = await bench.entries(failure.result?.quarantine);
    expect(listed).toContainEqual({
      row: 2,
      reason: 'no such user, or none that the account sees',
      candidates: [],
      values: { user_id: '7', code: ROW },
    });
  });

  it('a name that two users have: the row is named, and who they may be is in the results location', async () => {
    const failure = await refused('about,code\nAda Made-Up 1,x\nAda Made-Up 2,y\n', { idColumn: 'about' });
    expect(failure.code).toBe('AMS_AMBIGUOUS_USERS');
    expect(failure.message).toContain('1 row whose user may be one of several: row 1');
    expect(await bench.entries(failure.result?.quarantine)).toMatchObject([{ row: 1, candidates: [101, 900] }]);
  });

  it('several kinds of rows: one error tells of all of them', async () => {
    const failure = await refused('user_id,height_cm\n101,1\n101,2\n7,3\n103,tall\n');
    expect(failure.code).toBe('AMS_ROWS_REFUSED');
    expect(failure.message).toMatch(/row 3.*row 2.*row 4/s);
    expect(failure.result).toMatchObject({ rows: 4, failed: 3, notAttempted: 1 });
  });

  it('a table that is no CSV', async () => {
    expect((await refused('user_id,code\n101,x,y\n')).code).toBe('MALFORMED_CSV');
  });
});
