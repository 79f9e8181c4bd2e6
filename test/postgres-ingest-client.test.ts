import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyIn, copyOut, ingest, Postgres } from '../connectors/postgres/index.js';
import { type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
  await setting.ask('CREATE TABLE numbers (n integer PRIMARY KEY)');
});
afterAll(() => setting.close());

const OTHERS = `FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;

/** Sessions end some time after they are told to. */
async function untilNone(condition = ''): Promise<void> {
  while ((await setting.ask(`SELECT count(*)::int ${OTHERS} ${condition}`)) !== 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('a connection', () => {
  it('that fails 1,000 times leaves pool and server as they were', async () => {
    const own = new Postgres({ url: setting.database.url, maxConnections: 4, applicationName: 'failing' });
    const table = { ...setting.table(), name: 'never' };
    const failures = [
      () => own.use((client) => client.query('SELECT 1/0')),
      () => own.transaction((client) => copyIn(client, 'COPY numbers FROM STDIN', Readable.from([Buffer.from('x\n')]))),
      () =>
        own.transaction((client) =>
          copyIn(
            client,
            'COPY numbers FROM STDIN',
            (async function* () {
              yield Buffer.from('1\n');
              await Promise.reject(new Error('the source is broken'));
            })(),
          ),
        ),
      () => own.use((client) => client.query('BEGIN').then(() => Promise.reject(new Error('left open')))),
      () => ingest(own, [table], once(table, [['no number', 'a']])),
    ];
    let failed = 0;
    const worker = async (): Promise<void> => {
      for (let at = 0; at < 250; at += 1) {
        await failures[at % failures.length]!().catch(() => (failed += 1));
      }
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(failed).toBe(1_000);
    expect(own.openConnections).toBe(0);
    await untilNone(`AND application_name = 'failing'`);
    expect(await setting.ask('SELECT count(*)::int FROM numbers')).toBe(0);
    expect(await own.check()).toEqual({ version: expect.stringMatching(/^\d+/) });
    expect(own.openConnections).toBe(1);
    await own.close();
  }, 600_000);

  it('compiles no statements, unless somebody has said that it is to', async () => {
    const jit = async (): Promise<unknown> => {
      const own = new Postgres({ url: setting.database.url });
      const { rows } = await own.use((client) => client.query<{ jit: string }>('SHOW jit'));
      await own.close();
      return rows[0]?.jit;
    };
    expect(await jit()).toBe('off');
    const ofDatabase = (change: string): Promise<unknown> =>
      setting.ask(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ${change}', current_database()); END $$`);
    await ofDatabase('SET jit = on');
    try {
      expect(await jit()).toBe('on');
    } finally {
      await ofDatabase('RESET jit');
    }
  });

  it('that is left within a transaction is not handed on', async () => {
    await setting.postgres.use((client) => client.query('BEGIN; CREATE TABLE left_open ()'));
    expect(await setting.ask(`SELECT to_regclass('left_open')`)).toBeNull();
    expect(await setting.postgres.use((client) => Promise.resolve(client.getTransactionStatus()))).toBe('I');
  });

  it('that is aborted ends its statement at the server', async () => {
    const control = new AbortController();
    const sleeping = setting.postgres.use((client) => client.query(`SELECT pg_sleep(600) AS "the long one"`), {
      signal: control.signal,
    });
    sleeping.catch(() => undefined);
    const count = `SELECT count(*)::int ${OTHERS} AND state = 'active' AND query LIKE '%the long one%'`;
    while ((await setting.ask(count)) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    control.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    await untilNone(`AND query LIKE '%the long one%'`);
  });

  it('that is lost during COMMIT leaves an unknown outcome, which may be tried again', async () => {
    await setting.ask('CREATE TABLE slow_commit (n integer)');
    await setting.ask(
      `CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END'`,
    );
    await setting.ask(
      'CREATE CONSTRAINT TRIGGER sleeping AFTER INSERT ON slow_commit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sleep()',
    );
    const committing = rejection(
      setting.postgres.transaction((client) => client.query('INSERT INTO slow_commit VALUES (1)')),
    );
    const end = `SELECT pg_terminate_backend(pid) ${OTHERS} AND query = 'COMMIT' AND state = 'active'`;
    while ((await setting.ask(end)) !== true) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await committing).toMatchObject({ code: 'POSTGRES_COMMIT_UNKNOWN', retryable: true });
  });

  it('whose transaction has failed unnoticed does not commit in silence', async () => {
    const failing = setting.postgres.transaction(async (client) => {
      await client.query('SELECT 1/0').catch(() => undefined);
    });
    expect(await rejection(failing)).toMatchObject({ code: 'POSTGRES_ROLLED_BACK' });
  });

  it.each([
    ['https://host/database', 'postgres://'],
    ['postgres://host/database?sslmode=require', 'query'],
    ['postgres://host', 'postgres://'],
  ])('to %s is refused', (url, says) => {
    expect(() => new Postgres({ url })).toThrow(says);
  });

  it('does not show its password in an error', async () => {
    expect(() => new Postgres({ url: 'postgres://me:secret@host/db?x=1' })).toThrow(
      expect.objectContaining({ code: 'POSTGRES_OPTIONS', message: expect.not.stringContaining('secret') }),
    );
    const url = new URL(setting.database.url);
    url.password = 'secret';
    const wrong = new Postgres({ url: url.href });
    const error = await rejection(wrong.check());
    await wrong.close();
    expect(error).toMatchObject({ code: 'POSTGRES_AUTHENTICATION', retryable: false });
    expect(String(error)).not.toContain('secret');
  });

  it('that cannot be made says so', async () => {
    const nowhere = new Postgres({ url: 'postgres://127.0.0.1:1/none' });
    expect(await rejection(nowhere.check())).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    await nowhere.close();
  });
});

describe('COPY', () => {
  it('whose source fails throws what the source threw, and the connection takes ROLLBACK', async () => {
    const client = await setting.database.connect();
    await client.query('BEGIN');
    const reason = new Error('the source is broken');
    const source = (async function* () {
      yield Buffer.from('1\n'.repeat(100_000));
      await Promise.reject(reason);
    })();
    expect(await rejection(copyIn(client, 'COPY numbers FROM STDIN', source))).toBe(reason);
    await client.query('ROLLBACK');
    expect((await client.query('SELECT count(*)::int AS n FROM numbers')).rows).toEqual([{ n: 0 }]);
  });

  it('that the server refuses ends the source', async () => {
    const client = await setting.database.connect();
    let ended = false;
    const source = (function* () {
      try {
        for (;;) yield Buffer.from('no number\n'.repeat(10_000));
      } finally {
        ended = true;
      }
    })();
    const error = await rejection(copyIn(client, 'COPY numbers FROM STDIN', Readable.from(source)));
    expect(error).toMatchObject({ code: '22P02' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect(ended).toBe(true);
    const statement = copyIn(client, 'COPY no_such_table FROM STDIN', Readable.from([Buffer.from('1\n')]));
    expect(await rejection(statement)).toMatchObject({ code: '42P01' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('whose connection is lost says so', async () => {
    const client = await setting.database.connect();
    const pid = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
    const source = (async function* () {
      yield Buffer.from('1\n'.repeat(100_000));
      await setting.ask('SELECT pg_terminate_backend($1)', [pid]);
      for (;;) {
        yield Buffer.from('2\n'.repeat(100_000));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const error = await rejection(copyIn(client, 'COPY numbers FROM STDIN', source));
    expect(error).toBeDefined();
  });

  it('says when the server takes no more for now, and at the end that no more comes', async () => {
    const client = await setting.database.connect();
    const said: boolean[] = [];
    const onFull = (isFull: boolean): unknown => said.push(isFull);
    await client.query('BEGIN; CREATE TEMP TABLE many (n integer) ON COMMIT DROP');
    await copyIn(client, 'COPY many FROM STDIN', Readable.from([Buffer.from('1\n')]), { onFull });
    expect(said).toEqual([true]);
    said.length = 0;
    // The first one is more than waits for the socket, and comes before the server has answered.
    const chunks = Array.from({ length: 5 }, () => Buffer.from('1\n'.repeat(500_000)));
    await copyIn(client, 'COPY many FROM STDIN', Readable.from(chunks), { onFull });
    expect(said.length).toBeGreaterThan(2);
    // Each time it is full it takes some again, but for the last time.
    expect(said).toEqual(said.map((_, index) => index % 2 === 0));
    expect(said.at(-1)).toBe(true);
    await client.query('ROLLBACK');
  });

  it('out gives the bytes as they come', async () => {
    const client = await setting.database.connect();
    const out = copyOut(client, `COPY (SELECT generate_series(1, 3), NULL, '') TO STDOUT WITH (FORMAT csv, HEADER)`);
    expect(await text(out)).toBe('generate_series,?column?,?column?\n1,,""\n2,,""\n3,,""\n');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  it('takes a source that is slower or faster than the server, complete', async () => {
    const table = setting.table();
    const rows = Array.from({ length: 20_000 }, (_, id) => [id, 'x'.repeat(id % 500)]);
    await ingest(setting.postgres, [table], once(table, rows));
    expect(await setting.rowsOf(table)).toEqual(rows);
  });
});
