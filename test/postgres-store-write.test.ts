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
const WIDER = 'code,name,zip,city\nC2,"",NA,Oslo\nC3,Cleo,1.10,\n';
const WIDER_COLUMNS = [...columns, { name: 'city', dataType: 'varchar' }];

const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await test.client.query<Record<string, unknown>>(sql)).rows;

describe('replacing a table', () => {
  it('leaves exactly the rows that came', async () => {
    await put(test.store, 't', TWO, { columns });
    await put(test.store, 't', OTHER, { columns });
    expect(await got(test.store, 't')).toBe(OTHER.trimEnd());
  });

  it('does not touch rows that are the same, and takes 1.1 and 1.10 for a change', async () => {
    const types = [
      { name: 'id', dataType: 'integer', primaryKey: true },
      { name: 'price', dataType: 'numeric' },
    ];
    await put(test.store, 't', 'id,price\n1,1.10\n2,1.1\n', { columns: types });
    const before = await query('SELECT id, ctid::text, xmin::text FROM rdm.t ORDER BY id');
    await put(test.store, 't', 'id,price\n1,1.10\n2,1.10\n', { columns: types });
    const after = await query('SELECT id, ctid::text, xmin::text FROM rdm.t ORDER BY id');
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
    expect(await got(test.store, 't')).toBe('id,price\n1,1.10\n2,1.10');
  });

  it.each([
    ['the same columns', OTHER, columns],
    ['a new column', WIDER, WIDER_COLUMNS],
  ])('keeps views, grants, indexes and comments, with %s', async (_, csv, types) => {
    await put(test.store, 't', TWO, { columns });
    const role = `reader_${process.pid}_${types.length}`;
    await query(`CREATE ROLE ${role}`);
    try {
      await query(`GRANT SELECT ON rdm.t TO ${role}`);
      await query('CREATE VIEW rdm.names AS SELECT name FROM rdm.t');
      await query('CREATE MATERIALIZED VIEW rdm.zips AS SELECT zip FROM rdm.t');
      await query('CREATE INDEX by_name ON rdm.t (lower(name)) WHERE zip IS NOT NULL');
      await query('ALTER TABLE rdm.t ADD CONSTRAINT zip_once UNIQUE (zip)');
      await query(`COMMENT ON TABLE rdm.t IS 'ours'`);
      await put(test.store, 't', csv, { columns: types });
      expect(await query('SELECT name FROM rdm.names ORDER BY name')).toEqual([{ name: '' }, { name: 'Cleo' }]);
      expect(await query('SELECT count(*)::int AS rows FROM rdm.zips')).toEqual([{ rows: 2 }]);
      expect(
        await query(
          `SELECT has_table_privilege('${role}', 'rdm.t', 'SELECT') AS may, obj_description('rdm.t'::regclass) AS comment`,
        ),
      ).toEqual([{ may: true, comment: 'ours' }]);
      const indexes = await query(
        `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'rdm' AND tablename = 't' ORDER BY 1`,
      );
      expect(indexes.map(({ indexname }) => indexname)).toEqual(['by_name', 't_pkey', 'zip_once']);
      expect(indexes[0]?.['indexdef']).toContain('lower(name)) WHERE (zip IS NOT NULL)');
      expect(
        await query(`SELECT conname FROM pg_constraint WHERE conrelid = 'rdm.t'::regclass AND contype = 'u'`),
      ).toEqual([{ conname: 'zip_once' }]);
    } finally {
      await query(`DROP OWNED BY ${role}`);
      await query(`DROP ROLE ${role}`);
    }
  });

  it.each([
    ['the same columns', OTHER, columns],
    ['a new column', WIDER, WIDER_COLUMNS],
  ])('shows no transaction that began before it an empty or half table, with %s', async (_, csv, types) => {
    await put(test.store, 't', TWO, { columns });
    const reader = await test.database.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM pg_class');
    await put(test.store, 't', csv, { columns: types });
    const { rows } = await reader.query<{ code: string }>('SELECT code FROM rdm.t ORDER BY code');
    await reader.query('COMMIT');
    expect([
      ['C1', 'C2'],
      ['C2', 'C3'],
    ]).toContainEqual(rows.map(({ code }) => code));
  });

  it('drops a column that TitanRDM has dropped, and an index on it', async () => {
    await put(test.store, 't', WIDER, { columns: WIDER_COLUMNS });
    await query('CREATE INDEX by_city ON rdm.t (city)');
    await put(test.store, 't', TWO, { columns });
    expect(await got(test.store, 't')).toBe(TWO.trimEnd());
  });

  it('refuses to drop a column that a view uses, and leaves all as it was', async () => {
    await put(test.store, 't', WIDER, { columns: WIDER_COLUMNS });
    await query('CREATE VIEW rdm.cities AS SELECT city FROM rdm.t');
    const failure = await refused(put(test.store, 't', TWO, { columns }));
    expect(failure.code).toBe('POSTGRES_VIEW_USES_COLUMN');
    expect(failure.message).toContain('cities');
    expect(await got(test.store, 't')).toBe(WIDER.trimEnd());
  });

  it('works without a key, where the server does not list the columns', async () => {
    await put(test.store, 't', TWO);
    await put(test.store, 't', OTHER);
    expect(await got(test.store, 't')).toBe(OTHER.trimEnd());
  });

  it('keeps the types that are there, where the server does not list the columns', async () => {
    await query('CREATE SCHEMA rdm; CREATE TABLE rdm.t (id integer, price numeric)');
    await put(test.store, 't', 'id,price\n1,1.10\n');
    expect(await query(`SELECT pg_typeof(id)::text AS id, pg_typeof(price)::text AS price FROM rdm.t`)).toEqual([
      { id: 'integer', price: 'numeric' },
    ]);
  });

  it('empties the table for a file of a header alone, and for one without a byte', async () => {
    await put(test.store, 't', TWO, { columns });
    expect(await put(test.store, 't', 'code,name,zip\n', { columns })).toMatchObject({ rows: 0 });
    expect(await test.store.probe('t')).toBe('empty');
    await put(test.store, 't', TWO, { columns });
    expect(await put(test.store, 't', '', { columns })).toMatchObject({ rows: 0, bytes: 0 });
    expect(await test.store.probe('t')).toBe('empty');
  });

  it('asks before anything changes, and leaves all as it was when the answer is no', async () => {
    await put(test.store, 't', TWO, { columns });
    const asked: unknown[] = [];
    const verify = (arrived: unknown): void => {
      asked.push(arrived);
      if (asked.length === 2) throw new Error('not mine any more');
    };
    await expect(put(test.store, 't', WIDER, { columns: WIDER_COLUMNS, verify, largestOf: 'none' })).rejects.toThrow(
      'not mine',
    );
    expect(asked).toEqual(Array(2).fill({ rows: 2, bytes: Buffer.byteLength(WIDER), largest: null }));
    expect(await got(test.store, 't')).toBe(TWO.trimEnd());
    expect(await test.store.list()).toEqual(['t']);
  });

  it('reports the largest instant of a column', async () => {
    const csv = 'code,trdm_created_at\nC1,2026-03-01 12:34:00.053106+00\nC2,2026-03-01 14:00:00+02\n';
    const written = await put(test.store, 't', csv, { columns: [columns[0]], largestOf: 'trdm_created_at' });
    expect(written.largest).toBe('2026-03-01T12:34:00.053106+00:00');
  });

  it('keeps foreign keys to it and triggers on it, whether its columns change or not', async () => {
    await put(test.store, 't', TWO, { columns });
    await query(`CREATE TABLE rdm.orders (id integer, customer text REFERENCES rdm.t); INSERT INTO rdm.orders VALUES (1, 'C2');
      CREATE FUNCTION rdm.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER noted AFTER INSERT ON rdm.t FOR EACH ROW EXECUTE FUNCTION rdm.note()`);
    await put(test.store, 't', OTHER, { columns });
    await put(test.store, 't', WIDER, { columns: WIDER_COLUMNS });
    expect(await query(`SELECT conname FROM pg_constraint WHERE confrelid = 'rdm.t'::regclass`)).toHaveLength(1);
    expect(await query(`SELECT tgname FROM pg_trigger WHERE tgrelid = 'rdm.t'::regclass AND NOT tgisinternal`)).toEqual(
      [{ tgname: 'noted' }],
    );
    const failure = await refused(put(test.store, 't', 'code,name,zip,city\nC3,,,\n', { columns: WIDER_COLUMNS }));
    expect(failure).toMatchObject({ code: 'POSTGRES_CONSTRAINT', retryable: false });
    expect(await got(test.store, 't')).toBe(WIDER.trimEnd());
  });

  it('takes over a table that somebody has made, with names of any spelling', async () => {
    const store = test.another({ schema: 'Ünser "Schema"' });
    await query(`CREATE SCHEMA "Ünser ""Schema"""; CREATE TABLE "Ünser ""Schema"""."My table"
      ("the Code" varchar(10), "select" char(5) NOT NULL, gone integer)`);
    await query(`INSERT INTO "Ünser ""Schema"""."My table" VALUES ('old', 'x', 1)`);
    const types = [
      { name: 'the Code', dataType: 'varchar', primaryKey: true },
      { name: 'select', dataType: 'varchar' },
    ];
    const csv = 'select,the Code\n"",x\n,00501\n';
    await put(store, 'My table', csv, { columns: types });
    expect(await got(store, 'My table')).toBe(csv.trimEnd());
    await put(store, 'My table', csv, { mode: 'delta', columns: types });
    expect(await got(store, 'My table')).toBe(csv.trimEnd());
    await query(`DROP SCHEMA "Ünser ""Schema""" CASCADE`);
  });

  it('lets one writer after the other', async () => {
    await Promise.all([put(test.store, 't', TWO, { columns }), put(test.store, 't', OTHER, { columns })]);
    expect([TWO.trimEnd(), OTHER.trimEnd()]).toContain(await got(test.store, 't'));
  });

  it('ends at once when it is aborted, leaves all as it was and no session behind', async () => {
    await put(test.store, 't', TWO, { columns });
    const blocker = await test.database.connect();
    await blocker.query('BEGIN; LOCK TABLE rdm.t IN ACCESS EXCLUSIVE MODE');
    const abort = new AbortController();
    const writing = put(test.store, 't', OTHER, { columns, signal: abort.signal });
    const waiting = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await query(waiting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort(new Error('enough'));
    await expect(writing).rejects.toThrow('enough');
    while ((await query(waiting)).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await blocker.query('ROLLBACK');
    expect(await got(test.store, 't')).toBe(TWO.trimEnd());
  });
});

describe('types of the deployed definition', () => {
  it('become those of PostgreSQL that lose nothing', async () => {
    const types = [
      'varchar',
      'INTEGER',
      'numeric(12,2)',
      'boolean',
      'date',
      'timestamp',
      'double',
      'uuid',
      'geography(4326)',
    ];
    const names = types.map((_, index) => `c${index}`);
    const row =
      '00501,9007199254740993,1.10,true,2026-02-28,2026-01-01 10:00:00+02,1.5,6a2f41a3-c54c-4c01-9d5b-2f0f0d4a3c11,POINT(1 2)';
    const { warnings } = await put(test.store, 't', `${names.join(',')}\n${row}\n`, {
      columns: types.map((dataType, index) => ({ name: `c${index}`, dataType })),
    });
    const shown = names.map((name) => `pg_typeof(${name})::text AS ${name}`).join(', ');
    expect(Object.values((await query(`SELECT ${shown} FROM rdm.t`))[0] ?? {})).toEqual([
      'text',
      'bigint',
      'numeric',
      'boolean',
      'date',
      'timestamp with time zone',
      'double precision',
      'uuid',
      'text',
    ]);
    expect(warnings).toEqual([
      'Kept as text, since PostgreSQL has no counterpart of the data type: "c8" (geography(4326)).',
    ]);
    expect((await got(test.store, 't'))?.split('\n')[1]).toBe(row.replace('10:00:00+02', '08:00:00+00'));
  });
});
