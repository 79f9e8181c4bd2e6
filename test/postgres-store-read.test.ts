import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { got, openTestStore, put, refused, type TestStore } from './support/postgres-store.js';

let test: TestStore;

beforeAll(async () => {
  test = await openTestStore();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.client.query('DROP SCHEMA IF EXISTS rdm CASCADE; CREATE SCHEMA rdm');
});

const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await test.client.query<Record<string, unknown>>(sql)).rows;

/** Sessions of the store that are in the middle of something. */
const busy = async (): Promise<number> =>
  Number(
    (
      await query(
        `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`,
      )
    )[0]?.['count'],
  );
const untilIdle = async (): Promise<void> => {
  while ((await busy()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
};

describe('reading a table', () => {
  it('spells every value as TitanRDM takes it, whatever the role is set to', async () => {
    const settings = {
      TimeZone: 'Asia/Kolkata',
      DateStyle: 'German',
      IntervalStyle: 'sql_standard',
      bytea_output: 'escape',
    };
    for (const [name, value] of Object.entries(settings))
      await query(`ALTER DATABASE ${test.database.url.split('/').at(-1) ?? ''} SET ${name} = '${value}'`);
    await query(`CREATE TYPE rdm.mood AS ENUM ('glad'); CREATE DOMAIN rdm.zip AS text; CREATE TABLE rdm.t (
      b boolean, n bigint, d numeric, f double precision, day date, at timestamptz, wall timestamp, spoken interval, raw bytea,
      padded char(5), mood rdm.mood, zip rdm.zip, doc json, id uuid, net inet, "odd, ""name""" text)`);
    await query(`INSERT INTO rdm.t VALUES (true, 9007199254740993, 1.10, 0.1, '2026-02-28', '2026-01-01 10:00:00.5+02', '2026-01-01 10:00',
      '1 day 2 hours', '\\x00ff', 'ab', 'glad', '00501', '{"b": 1, "a":2}', '6a2f41a3-c54c-4c01-9d5b-2f0f0d4a3c11', '10.0.0.1', E'x\\ny')`);
    expect(await text((await test.as({}).read('t'))!.stream)).toBe(
      'b,n,d,f,day,at,wall,spoken,raw,padded,mood,zip,doc,id,net,"odd, ""name"""\n' +
        'true,9007199254740993,1.10,0.1,2026-02-28,2026-01-01 08:00:00.5+00,2026-01-01 10:00:00,P1DT2H,\\x00ff,ab,glad,00501,' +
        '"{""b"": 1, ""a"":2}",6a2f41a3-c54c-4c01-9d5b-2f0f0d4a3c11,10.0.0.1,"x\ny"\n',
    );
  });

  it('keeps NULL and the empty string apart in a table of one column', async () => {
    await query(`CREATE TABLE rdm.t (one text); INSERT INTO rdm.t VALUES (''), (NULL), ('\\.')`);
    const csv = await text((await test.store.read('t'))!.stream);
    expect(csv.split('\n').sort()).toEqual(['', '', '""', '"\\."', 'one'].sort());
    await put(test.store, 'copy', csv);
    expect(await query('SELECT one FROM rdm.copy ORDER BY one')).toEqual([{ one: '' }, { one: '\\.' }, { one: null }]);
  });

  it.each(['text[]', 'int4range', 'point', 'tsvector', 'money', 'rdm.pair'])(
    'says that TitanRDM has no counterpart of %s',
    async (type) => {
      await query(`CREATE TYPE rdm.pair AS (a int, b int); CREATE TABLE rdm.t (id integer, "what is it" ${type})`);
      const failure = await refused(test.store.read('t'));
      expect(failure).toMatchObject({ code: 'UNSUPPORTED_COLUMN_TYPE', retryable: false });
      expect(failure.message).toContain('"what is it" of table "t"');
      expect(failure.message).toContain('view');
    },
  );

  it('reads views and partitioned tables, and lists them', async () => {
    await query(`CREATE TABLE rdm.parts (id integer) PARTITION BY RANGE (id);
      CREATE TABLE rdm.part_1 PARTITION OF rdm.parts FOR VALUES FROM (1) TO (10);
      INSERT INTO rdm.parts VALUES (1); CREATE VIEW rdm.seen AS SELECT id FROM rdm.parts`);
    expect(await test.store.list()).toEqual(['parts', 'seen']);
    expect(await got(test.store, 'seen')).toBe('id\n1');
    expect(await got(test.store, 'parts')).toBe('id\n1');
  });

  it('tells of a right that is missing when it is opened', async () => {
    await query(`CREATE TABLE rdm.t (id integer)`);
    const role = `nobody_${process.pid}`;
    await query(`CREATE ROLE ${role} LOGIN PASSWORD 'nothing'; GRANT USAGE ON SCHEMA rdm TO ${role}`);
    try {
      const failure = await refused(test.as({ user: role, password: 'nothing' }).read('t'));
      expect(failure).toMatchObject({ code: 'POSTGRES_PERMISSION', retryable: false });
    } finally {
      await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('gives the session back when all was read', async () => {
    await query('CREATE TABLE rdm.t AS SELECT g AS id FROM generate_series(1, 1000) g');
    for (let time = 0; time < 25; time += 1) expect((await got(test.store, 't'))?.length).toBeGreaterThan(1_000);
    // The one that was given back may still be on its way when the next is asked for.
    expect(test.postgres.openConnections).toBeLessThanOrEqual(2);
  });

  it('waits for a session where all are busy, however long that takes', async () => {
    await query('CREATE TABLE rdm.t (id integer)');
    const store = test.as({ maxConnections: 1, connectTimeoutSeconds: 1 });
    const blocker = await test.database.connect();
    await blocker.query('BEGIN; LOCK TABLE rdm.t');
    const both = Promise.all([got(store, 't'), got(store, 't')]);
    while ((await busy()) < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    // Longer than connecting may take.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const abort = new AbortController();
    const third = store.read('t', { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(third).rejects.toThrow('enough');
    await blocker.query('ROLLBACK');
    expect(await both).toEqual(['id', 'id']);
  });

  it.each(['destroyed', 'aborted'])('ends statement and session when the stream is %s', async (how) => {
    await query("CREATE VIEW rdm.endless AS SELECT generate_series(1, 100000000) AS id, repeat('x', 1000) AS filling");
    const abort = new AbortController();
    const table = await test.store.read('endless', { signal: abort.signal });
    const { stream } = table!;
    await new Promise((resolve) => stream.once('readable', resolve));
    expect(await busy()).toBe(1);
    const failed = new Promise((resolve) => stream.once('error', resolve));
    if (how === 'destroyed') stream.destroy();
    else abort.abort(new Error('enough'));
    await untilIdle();
    if (how === 'aborted') expect(await failed).toMatchObject({ message: 'enough' });
    expect(stream.destroyed).toBe(true);
  });

  it('ends when it is aborted before a row has come', async () => {
    await query('CREATE VIEW rdm.slow AS SELECT pg_sleep(600)::text AS nothing');
    const abort = new AbortController();
    const reading = test.store.read('slow', { signal: abort.signal });
    while ((await busy()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    await untilIdle();
  });

  it('says that the server has ended the session', async () => {
    await query("CREATE VIEW rdm.endless AS SELECT generate_series(1, 100000000) AS id, repeat('x', 1000) AS filling");
    const { stream } = (await test.store.read('endless'))!;
    await query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await expect(text(stream)).rejects.toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
  });
});

describe('queries', () => {
  it('are read by their name, and cannot write', async () => {
    await query('CREATE TABLE rdm.t AS SELECT 1 AS id, true AS ok');
    const { queries } = test.another({
      queries: {
        good: 'SELECT id, ok FROM rdm.t -- all of them',
        writes: 'WITH gone AS (DELETE FROM rdm.t RETURNING id) SELECT * FROM gone',
      },
    });
    expect(await text((await queries.read('good')).stream)).toBe('id,ok\n1,true\n');
    expect(await queries.probe('good')).toBe('rows');
    expect((await refused(queries.read('writes'))).code).toBe('POSTGRES_REFUSED');
    expect(await query('SELECT count(*)::int AS rows FROM rdm.t')).toEqual([{ rows: 1 }]);
  });

  it('are refused when the connection has none of that name, with the names that it has', async () => {
    const { queries } = test.another({ queries: { good: 'SELECT 1 AS id' } });
    const failure = await refused(queries.read('SELECT 2 AS id'));
    expect(failure.code).toBe('UNKNOWN_QUERY');
    expect(failure.message).toContain('good');
  });

  it('may be SQL of the input where the connection allows it, one statement only', async () => {
    const { queries } = test.another({ allowQueries: true });
    expect(await text((await queries.read(`SELECT 'x' AS id;`)).stream)).toBe('id\nx\n');
    for (const sql of [
      'SELECT 1 AS id; DROP SCHEMA rdm CASCADE',
      'SELECT 1 AS id) AS q; DROP SCHEMA rdm CASCADE; SELECT * FROM (SELECT 1',
    ])
      expect((await refused(queries.read(sql))).retryable).toBe(false);
    expect(await query(`SELECT to_regnamespace('rdm') IS NOT NULL AS there`)).toEqual([{ there: true }]);
  });
});

describe('trying the connection', () => {
  it('passes with a schema that is there, or that the role may create', async () => {
    await expect(test.store.check()).resolves.toBeUndefined();
    await expect(test.another({ schema: 'elsewhere' }).check()).resolves.toBeUndefined();
  });

  it('says which right is missing', async () => {
    const role = `guest_${process.pid}`;
    await query(`CREATE ROLE ${role} LOGIN PASSWORD 'nothing'`);
    try {
      expect((await refused(test.as({ user: role, password: 'nothing' }).check())).code).toBe('STORE_DENIED');
      await query('DROP SCHEMA rdm');
      expect((await refused(test.as({ user: role, password: 'nothing' }).check())).code).toBe('STORE_NOT_FOUND');
    } finally {
      await query(`DROP ROLE ${role}`);
    }
  });
});
