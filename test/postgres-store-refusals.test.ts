import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  CUSTOMER_COLUMNS as columns,
  got,
  openTestStore,
  put,
  refused,
  type TestStore,
} from './support/postgres-store.js';

let test: TestStore;

beforeAll(async () => {
  test = await openTestStore();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.client.query('DROP SCHEMA IF EXISTS rdm CASCADE');
});

const TWO = 'code,name,zip\nC1,Ann,00501\nC2,"",NA\n';
const OTHER = 'code,name,zip\nC2,"",NA\nC3,Cleo,1.10\n';

const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await test.client.query<Record<string, unknown>>(sql)).rows;

describe('a file that PostgreSQL cannot take', () => {
  it('names table, row and column, never the value, and leaves all as it was', async () => {
    const types = [...columns.slice(0, 2), { name: 'zip', dataType: 'integer' }];
    await put(test.store, 't', 'code,name,zip\nC1,Ann,1\n', { columns: types });
    const failure = await refused(
      put(test.store, 't', 'code,name,zip\nC1,Ann,1\nC2,Bob,secret-zip\n', { columns: types }),
    );
    expect(failure).toMatchObject({ code: 'POSTGRES_BAD_VALUE', retryable: false });
    expect(failure.message).toContain('row 2, column "zip"');
    expect(failure.message).not.toContain('secret-zip');
    expect(await got(test.store, 't')).toBe('code,name,zip\nC1,Ann,1');
  });

  it('says so when two columns have one name, or a name is too long', async () => {
    expect((await refused(put(test.store, 't', 'a,a\n1,2\n'))).code).toBe('MALFORMED_CSV');
    expect((await refused(put(test.store, 't', `${'a'.repeat(64)}\n1\n`))).code).toBe('POSTGRES_DEFINITION');
    expect((await refused(put(test.store, 't'.repeat(64), TWO))).code).toBe('BAD_TABLE_NAME');
  });

  it('says so when a view has the name', async () => {
    await query('CREATE SCHEMA rdm; CREATE VIEW rdm.t AS SELECT 1 AS code');
    expect((await refused(put(test.store, 't', TWO, { columns }))).code).toBe('BAD_TABLE_NAME');
  });

  it('refuses a key that is there twice, also where its row is there already', async () => {
    await put(test.store, 't', TWO, { columns });
    const failure = await refused(put(test.store, 't', `${TWO}C1,Anna,2\n`, { columns }));
    expect(failure.code).toBe('DUPLICATE_KEYS');
    expect(await got(test.store, 't')).toBe(TWO.trimEnd());
  });
});

describe('a write that fails', () => {
  it('says that it can be tried again when the server ends the session, leaves all as it was, and goes on', async () => {
    await put(test.store, 't', TWO, { columns });
    const blocker = await test.database.connect();
    await blocker.query('BEGIN; LOCK TABLE rdm.t IN ACCESS EXCLUSIVE MODE');
    const writing = refused(put(test.store, 't', OTHER, { columns }));
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await query(end)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await writing).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    await blocker.query('ROLLBACK');
    expect(await got(test.store, 't')).toBe(TWO.trimEnd());
    await put(test.store, 't', OTHER, { columns });
    expect(await got(test.store, 't')).toBe(OTHER.trimEnd());
  });

  it('leaves the pool as it was after twenty failures', async () => {
    const types = [{ name: 'id', dataType: 'integer', primaryKey: true }];
    for (let time = 0; time < 20; time += 1)
      expect((await refused(put(test.store, 't', 'id\nx\n', { columns: types }))).code).toBe('POSTGRES_BAD_VALUE');
    expect(test.postgres.openConnections).toBeLessThanOrEqual(1);
    expect(await test.store.list()).toEqual([]);
  });
});
