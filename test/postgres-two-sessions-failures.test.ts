import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type PostgresTable } from '../connectors/postgres/index.js';
import { COPY_HEADER, COPY_TRAILER } from '../connectors/postgres/binary/copy-format.js';
import { removeLost, SideSession, type SideTable } from '../connectors/postgres/parallel/side-session.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { rejection } from './support/ingest.js';
import {
  APPLICATION,
  csvFrom,
  openTwoSessionsSetting,
  ROWS,
  type Row,
  rowsOf,
  textOf,
  type TwoSessionsSetting,
} from './support/two-sessions.js';

let setting: TwoSessionsSetting;
beforeAll(async () => {
  setting = await openTwoSessionsSetting();
});
afterAll(() => setting.close());

/** With rows in it, and a key or none. */
async function tableWithRows(primaryKey?: string[]): Promise<PostgresTable> {
  const table = setting.padded(primaryKey);
  await setting.load(table, csvFrom(rowsOf(ROWS)));
  await setting.made();
  return table;
}

const OURS = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${APPLICATION}'`;

async function asBefore(table: PostgresTable): Promise<void> {
  expect(await setting.content(table)).toEqual(rowsOf(ROWS));
  expect(await setting.left()).toEqual([]);
  while ((await setting.ask(`SELECT count(*)::int ${OURS}`)) !== 0) await setTimeout(10);
}

const terminate = (which: string): Promise<unknown> =>
  setting.ask(`SELECT count(pg_terminate_backend(pid))::int ${OURS} AND ${which}`);

describe.each([
  ['an append', undefined],
  ['an upsert', ['id']],
])('%s by two sessions', (_, key) => {
  const kind = key === undefined ? 'append' : 'upsert';

  it.each([0, 1, 5_000, 7_321, 9_999, ROWS - 1])(
    'names row and column of what does not fit, wherever it is: %s',
    async (at) => {
      const table = await tableWithRows(key);
      const rows = rowsOf(ROWS, 'changed');
      rows[at] = [null, 'without an id'];
      const error = await rejection(setting.load(table, setting.waiting(kind, rows)));
      expect(error).toMatchObject({
        code: 'POSTGRES_NOT_NULL',
        row: at + 1,
        column: 'id',
        table: quoteTable(table),
        retryable: false,
      });
      await asBefore(table);
    },
  );

  it.each([12_345, 20_000, 3 * ROWS - 1])('the same of row %s, after pieces that have been brought in', async (at) => {
    const table = await tableWithRows(key);
    const rows = rowsOf(3 * ROWS, 'changed');
    rows[at] = [null, 'without an id'];
    const error = await rejection(setting.load(table, setting.waiting(kind, rows)));
    expect(error).toMatchObject({ code: 'POSTGRES_NOT_NULL', row: at + 1, column: 'id' });
    await asBefore(table);
  });

  it.each([
    ['second', "query LIKE 'COPY%tidemark_rows%'"],
    ['first', "query NOT LIKE 'COPY%tidemark_rows%'"],
  ])('can be tried again when the %s session is ended', async (_which, query) => {
    const table = await tableWithRows(key);
    const csv = setting.waiting(kind, rowsOf(ROWS, 'changed'), () => terminate(query));
    expect(await rejection(setting.load(table, csv))).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    await asBefore(table);
  });

  it('ends at once when it is aborted, and leaves nothing', async () => {
    const table = await tableWithRows(key);
    const abort = new AbortController();
    const csv = setting.waiting(kind, rowsOf(ROWS, 'changed'), async () => {
      abort.abort(new Error('enough'));
      // A source that is stuck.
      await new Promise(() => undefined);
    });
    expect(await rejection(setting.load(table, csv, { signal: abort.signal }))).toBe(abort.signal.reason);
    await asBefore(table);
  });

  it('leaves nothing, at whatever moment it is aborted', async () => {
    const table = await tableWithRows(key);
    const text = textOf(rowsOf(2 * ROWS, 'changed'));
    for (let moment = 0; moment < 16; moment += 1) {
      const abort = new AbortController();
      // Stuck before its end, so that it never has arrived.
      const csv = csvFrom(text, (sent) =>
        sent > 0.9 * text.length ? new Promise(() => undefined) : Promise.resolve(),
      );
      const loading = setting.load(table, csv, { signal: abort.signal });
      loading.catch(() => undefined);
      await setTimeout(30 + moment * 23);
      abort.abort(new Error('enough'));
      expect(await rejection(loading)).toBe(abort.signal.reason);
    }
    await asBefore(table);
  });

  it('leaves nothing when the source fails', async () => {
    const table = await tableWithRows(key);
    const failure = new Error('the disk is gone');
    const csv = setting.waiting(kind, rowsOf(ROWS, 'changed'), () => Promise.reject(failure));
    expect(await rejection(setting.load(table, csv))).toBe(failure);
    await asBefore(table);
  });

  it('leaves nothing when a hook fails, after all rows', async () => {
    const table = await tableWithRows(key);
    const failure = new Error('not these');
    const failing = setting.load(table, setting.waiting(kind, rowsOf(ROWS, 'changed')), {
      onBeforeVisible: async () => {
        expect(await setting.left()).not.toEqual([]);
        throw failure;
      },
    });
    expect(await rejection(failing)).toBe(failure);
    await asBefore(table);
  });

  it('takes away what one has left that was killed', async () => {
    const table = await tableWithRows(key);
    const failing = setting.load(table, setting.waiting(kind, rowsOf(ROWS, 'changed')), {
      // What such a process leaves, under another name: this one cleans up.
      onBeforeVisible: async () => {
        for (const name of await setting.left())
          await setting.ask(`CREATE UNLOGGED TABLE ${name.slice(0, -1)}_ AS SELECT 1 AS id`);
        throw new Error('killed');
      },
    });
    await rejection(failing);
    expect(await setting.left()).not.toEqual([]);
    await setting.load(table, setting.waiting(kind, rowsOf(ROWS, 'again')));
    expect(await setting.left()).toEqual([]);
    const rows = rowsOf(ROWS, 'again');
    const before = rowsOf(ROWS);
    const both = rows.flatMap((row, at): Row[] => [row, before[at] ?? row]);
    const sorted = (list: Row[]): string[] => list.map((row) => JSON.stringify(row)).sort();
    expect(sorted(await setting.content(table))).toEqual(sorted(key === undefined ? both : rows));
  });
});

describe('a side table that somebody reads, as a dump of the database does', () => {
  it('is not waited for, and taken away later', async () => {
    const table = setting.padded();
    await setting.load(table, csvFrom([]));
    const side = new SideSession(setting.postgres);
    const copy = async (): Promise<SideTable> => {
      const made = await side.copy({
        target: table,
        columns: [{ name: 'id', type: 'integer', kind: 'base', base: 'int4', delimiter: ',', notNull: false }],
        names: ['id'],
        rows: async function* () {
          yield await Promise.resolve(
            Buffer.concat([COPY_HEADER, Buffer.from([0, 1, 0xff, 0xff, 0xff, 0xff]), COPY_TRAILER]),
          );
        },
        signal: new AbortController().signal,
        explain: (error) => error,
      });
      if (made === undefined) throw new Error('there is no side table');
      return made;
    };
    const reader = await setting.database.connect();
    const held = await copy();
    await reader.query(`BEGIN; LOCK TABLE ${held.sql} IN ACCESS SHARE MODE`);
    const free = await copy();
    await setting.postgres.transaction(async (client) => {
      await side.drop(client, held);
      await side.drop(client, free);
    });
    await side.committed();
    const left = await setting.left();
    expect(left).toHaveLength(1);
    expect(held.sql.replaceAll('"', '')).toBe(left[0]);
    await setting.postgres.transaction((client) => removeLost(client, [table]));
    expect(await setting.left()).toHaveLength(1);
    await reader.query('COMMIT');
    await setting.postgres.transaction((client) => removeLost(client, [table]));
    expect(await setting.left()).toEqual([]);
    await side.close();
  });
});

it('a role that may not make a table in the schema is told so', async () => {
  const table = await tableWithRows();
  const url = new URL(setting.database.url);
  await setting.postgres.use((client) =>
    client.query(
      `CREATE ROLE modest LOGIN PASSWORD 'modest'; GRANT USAGE ON SCHEMA target TO modest; ALTER TABLE ${quoteTable(table)} OWNER TO modest`,
    ),
  );
  url.username = 'modest';
  url.password = 'modest';
  const load = (count: 1 | 2): Promise<unknown> =>
    ingest({ url: url.href }, [table], () => [{ highWatermark: 2, rows: { table, csv: csvFrom(rowsOf(ROWS)) } }], {
      sessions: count,
    });
  try {
    const error = await rejection(load(2));
    expect(error).toMatchObject({ code: 'POSTGRES_PERMISSION', retryable: false });
    expect(String(error)).toContain('permission denied for schema target');
    expect(String(error)).toContain('sessions');
    await load(1);
  } finally {
    await setting.postgres.use((client) =>
      client.query('REASSIGN OWNED BY modest TO CURRENT_USER; DROP OWNED BY modest; DROP ROLE modest'),
    );
  }
});
