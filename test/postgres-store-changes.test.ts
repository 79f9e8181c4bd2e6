import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { WriteOptions } from '../connectors/tables/index.js';
import type { PostgresStore } from '../connectors/postgres/store/index.js';
import { got, openTestStore, put, refused, type TestStore } from './support/postgres-store.js';

const columns = [
  { name: 'code', dataType: 'varchar', primaryKey: true },
  { name: 'name', dataType: 'varchar' },
];
const HIGH = '9999-12-31 00:00:00+00';
const at = (day: number): string => `2026-01-0${day} 00:00:00+00`;

/** One version as an export has it: `C1,Ann`, record 1, version 11, written on the first day, `i`. */
function version(row: string, record: number, sk: number, day: number, code: string, ended?: number): string {
  const to = ended === undefined ? HIGH : at(ended);
  const state = ended === undefined ? 'C' : 'H';
  return `${row},${sk},${record},${state},${at(day)},${at(day)},${to},${code === 'd'},I,7,${code}`;
}
const HEADER =
  'code,name,trdm_sk,trdm_record_id,trdm_state,trdm_created_at,trdm_effective_from,trdm_effective_to,trdm_is_deleted,trdm_actor_type,trdm_actor_id,trdm_tran_code';
const file = (...rows: string[]): string => [HEADER, ...rows, ''].join('\n');

let test: TestStore;
let soft: PostgresStore;

beforeAll(async () => {
  test = await openTestStore();
  soft = test.another({ deletes: 'soft' });
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.client.query('DROP SCHEMA IF EXISTS rdm CASCADE');
});

const merge = (store: PostgresStore, csv: string, options: Partial<WriteOptions> = {}): Promise<unknown> =>
  put(store, 't', csv, { mode: 'delta', deltaName: 'run', columns, ...options });
const names = async (): Promise<unknown[]> => {
  const { rows } = await test.client.query<{ code: string; name: string }>(
    'SELECT code, name FROM rdm.t ORDER BY code',
  );
  return rows.map(({ code, name }) => [code, name]);
};
const images = async (): Promise<unknown[]> =>
  (await test.client.query<object>('SELECT ctid::text, xmin::text, t::text FROM rdm.t ORDER BY t::text')).rows;

const FULL = file(version('C1,Ann', 1, 11, 1, ''), version('C2,Bob', 2, 12, 1, ''), version('C3,Cleo', 3, 13, 1, ''));
const DELTA = file(
  version('C1,Anna', 1, 21, 2, 'u'),
  version('C2,Bob', 2, 22, 2, 'd'),
  version('C4,Dora', 4, 24, 2, 'i'),
);

describe('a delta of latest versions', () => {
  it('is merged by primary key, tombstones delete, and the reference is the table itself', async () => {
    await put(test.store, 't', FULL, { columns });
    expect(await merge(test.store, DELTA)).toMatchObject({ table: 't', rows: 3 });
    expect(await names()).toEqual([
      ['C1', 'Anna'],
      ['C3', 'Cleo'],
      ['C4', 'Dora'],
    ]);
    expect(await test.store.listDeltas()).toEqual([]);
    expect(await test.store.removeDelta()).toBe(false);
  });

  it('changes nothing when it comes again, and rows that are the same are not written', async () => {
    await put(test.store, 't', FULL, { columns });
    await merge(test.store, DELTA);
    const before = await images();
    await merge(test.store, DELTA);
    expect(await images()).toEqual(before);
  });

  it('does not undo what a later one brought', async () => {
    await put(test.store, 't', FULL, { columns });
    await merge(test.store, file(version('C1,Later', 1, 31, 3, 'u')));
    await merge(test.store, DELTA);
    expect((await names())[0]).toEqual(['C1', 'Later']);
  });

  it('takes the record that lives where one key has two', async () => {
    await put(test.store, 't', FULL, { columns });
    await merge(test.store, file(version('C2,Bill', 9, 29, 3, 'i'), version('C2,Bob', 2, 22, 2, 'd')));
    await merge(test.store, file(version('C3,Cleo', 3, 23, 2, 'd'), version('C3,Clea', 8, 28, 2, 'i')));
    expect(await names()).toEqual([
      ['C1', 'Ann'],
      ['C2', 'Bill'],
      ['C3', 'Clea'],
    ]);
  });

  it('leaves no transaction code in the table, since an upload of it would be refused', async () => {
    await put(test.store, 't', FULL, { columns });
    await merge(test.store, DELTA);
    const { rows } = await test.client.query('SELECT DISTINCT trdm_tran_code FROM rdm.t');
    expect(rows).toEqual([{ trdm_tran_code: null }]);
  });

  it('makes the table where there is none, and adds a column that TitanRDM has added', async () => {
    await merge(test.store, DELTA);
    expect(await names()).toEqual([
      ['C1', 'Anna'],
      ['C4', 'Dora'],
    ]);
    const wider = `${HEADER},city\n${version('C4,Dora', 4, 34, 3, 'u')},Oslo\n`;
    await merge(test.store, wider, { columns: [...columns, { name: 'city', dataType: 'varchar' }] });
    expect((await test.client.query('SELECT code, city FROM rdm.t ORDER BY code')).rows).toEqual([
      { code: 'C1', city: null },
      { code: 'C4', city: 'Oslo' },
    ]);
  });

  it('is refused without a primary key', async () => {
    const failure = await refused(merge(test.store, DELTA, { columns: [] }));
    expect(failure.code).toBe('NO_MERGE_KEY');
    expect(failure.message).toContain("pattern 'full'");
  });
});

describe('deletes: soft', () => {
  it('keeps what was deleted, says since when, and leaves it out of what is read', async () => {
    await put(soft, 't', FULL, { columns });
    await merge(soft, DELTA);
    const { rows } = await test.client.query(
      'SELECT code, name, tidemark_deleted_at, trdm_is_deleted FROM rdm.t WHERE tidemark_deleted_at IS NOT NULL',
    );
    expect(rows).toEqual([
      { code: 'C2', name: 'Bob', tidemark_deleted_at: new Date('2026-01-02T00:00:00Z'), trdm_is_deleted: true },
    ]);
    const csv = await got(soft, 't');
    expect(csv).not.toContain('C2,');
    expect(csv?.split('\n')[0]).toBe(HEADER);
  });

  it('changes nothing when a delta comes again', async () => {
    await put(soft, 't', FULL, { columns });
    await merge(soft, DELTA);
    const before = await images();
    await merge(soft, DELTA);
    expect(await images()).toEqual(before);
  });

  it('marks what a full download no longer has, and clears the mark of what is back', async () => {
    await put(soft, 't', FULL, { columns });
    await put(soft, 't', file(version('C1,Ann', 1, 11, 1, '')), { columns });
    const marked = 'SELECT code FROM rdm.t WHERE tidemark_deleted_at IS NOT NULL ORDER BY code';
    expect((await test.client.query(marked)).rows).toEqual([{ code: 'C2' }, { code: 'C3' }]);
    await put(soft, 't', FULL, { columns });
    expect((await test.client.query(marked)).rows).toEqual([]);
  });

  it('is empty when all is deleted', async () => {
    await put(soft, 't', file(version('C1,Ann', 1, 11, 1, '')), { columns });
    await merge(soft, file(version('C1,Ann', 1, 21, 2, 'd')));
    expect(await soft.probe('t')).toBe('empty');
  });

  it('keeps a tombstone of a row that it never had', async () => {
    await put(soft, 't', FULL, { columns });
    await merge(soft, file(version('C9,Zoe', 9, 29, 2, 'd')));
    expect(await names()).toContainEqual(['C9', 'Zoe']);
    expect(await got(soft, 't')).not.toContain('Zoe');
  });

  it('gives deleted rows no new life when the connection is changed to hard', async () => {
    await put(soft, 't', FULL, { columns });
    await merge(soft, DELTA);
    await merge(test.store, DELTA);
    expect(await names()).toEqual([
      ['C1', 'Anna'],
      ['C3', 'Cleo'],
      ['C4', 'Dora'],
    ]);
  });
});

describe('a download with histories', () => {
  const history = { history: true };
  const FIRST = file(version('C1,Ann', 1, 11, 1, 'i'), version('C2,Bob', 2, 12, 1, 'i'));
  const SECOND = file(
    version('C1,Anna', 1, 21, 2, 'u'),
    version('C2,Bob', 2, 22, 2, 'd'),
    version('C1,Anne', 1, 31, 3, 'u'),
  );
  const WHOLE = file(
    version('C1,Ann', 1, 11, 1, 'i', 2),
    version('C1,Anna', 1, 21, 2, 'u', 3),
    version('C1,Anne', 1, 31, 3, 'u'),
    version('C2,Bob', 2, 12, 1, 'i', 2),
    version('C2,Bob', 2, 22, 2, 'd'),
  );

  it('adds each version once and closes the one before, so that the table is what a whole download gives', async () => {
    await put(test.store, 't', FIRST, { columns, ...history });
    // The file of the second day: its first version is closed already by the time the export is made.
    const second = SECOND.replace(version('C1,Anna', 1, 21, 2, 'u'), version('C1,Anna', 1, 21, 2, 'u', 3));
    await merge(test.store, second, history);
    await merge(test.store, second, history);
    const grown = await got(test.store, 't');
    await test.client.query('DROP TABLE rdm.t');
    await put(test.store, 't', WHOLE, { columns, ...history });
    expect(grown).toBe(await got(test.store, 't'));
    const before = await images();
    await merge(test.store, second, history);
    expect(await images()).toEqual(before);
  });

  it('does not open a version again that a later file closed', async () => {
    await put(test.store, 't', WHOLE, { columns, ...history });
    const before = await images();
    await merge(test.store, FIRST, history);
    expect(await images()).toEqual(before);
  });

  it('is not refused for a primary key that has several versions, and follows a table of latest versions', async () => {
    await put(test.store, 't', FULL, { columns });
    await put(test.store, 't', WHOLE, { columns, ...history });
    expect(await names()).toHaveLength(5);
    await put(test.store, 't', FULL, { columns });
    expect(await names()).toHaveLength(3);
  });

  it('is no ground for changes of latest versions: that is said', async () => {
    await put(test.store, 't', WHOLE, { columns, ...history });
    const failure = await refused(merge(test.store, DELTA));
    expect(failure).toMatchObject({ code: 'DUPLICATE_KEYS', retryable: false });
    expect(failure.message).toContain("pattern 'full'");
    expect(await names()).toHaveLength(5);
  });

  it('is refused as a delta without the columns that tell versions apart', async () => {
    expect((await refused(merge(test.store, 'code,name\nC1,Ann\n', history))).code).toBe('NO_MERGE_KEY');
  });
});
