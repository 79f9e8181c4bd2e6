import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import {
  ingest,
  type IngestBatch,
  type IngestOptions,
  type IngestResult,
  type JsonValue,
  type PostgresTable,
  readWatermark,
} from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { batchOf, type IngestSetting, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
/** A session that is in the way of commits: none of them can write its high watermark while it has the lock. */
let other: Client;
beforeAll(async () => {
  setting = await openIngestSetting();
  other = new Client(setting.database.url);
  await other.connect();
});
afterEach(() => other.query('ROLLBACK'));
afterAll(async () => {
  await other.end();
  await setting.close();
});

const APPLICATION = 'batches ahead';
const OURS = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = '${APPLICATION}'`;

const inTheWay = (table: PostgresTable): Promise<unknown> =>
  other.query(`BEGIN; LOCK TABLE ${quoteTable(table)} IN SHARE UPDATE EXCLUSIVE MODE`);

/** Until so many of the ingest's sessions are as it says. */
async function until(sessions: number, condition: string): Promise<void> {
  while ((await setting.ask(`SELECT count(*)::int ${OURS} AND ${condition}`)) !== sessions) await setTimeout(10);
}

const WAITS_TO_COMMIT = `wait_event_type = 'Lock' AND query LIKE 'COMMENT ON TABLE%'`;
const HAS_COPIED = `state = 'idle in transaction' AND query LIKE 'COPY%'`;
const WAITS_FOR_ITS_TURN = `wait_event_type = 'Lock' AND query LIKE '%pg_advisory_xact_lock%'`;

async function committed(table: PostgresTable): Promise<JsonValue> {
  return (await readWatermark(setting.postgres, table)).value;
}

interface Asked {
  result: Promise<IngestResult>;
  /** What was committed when the source was asked for the next batch, from the second one on. */
  seen: JsonValue[];
}

/** Batches whose watermarks are 1, 2, 3 and so on. `then` happens when the source is asked for the next batch after one. */
function run(
  tables: readonly [PostgresTable, ...PostgresTable[]],
  batches: readonly (readonly unknown[][] | IngestBatch)[],
  options: IngestOptions = {},
  then: (batch: number) => unknown = () => undefined,
): Asked {
  const [table] = tables;
  const seen: JsonValue[] = [];
  const source = async function* () {
    for (const [index, batch] of batches.entries()) {
      const number = index + 1;
      yield 'highWatermark' in batch ? batch : batchOf(table, batch, number);
      seen.push(await committed(table));
      await then(number);
    }
  };
  const all = { sessions: 2, askAhead: true, ...options };
  const result = ingest({ url: setting.database.url, applicationName: APPLICATION }, tables, source, all);
  result.catch(() => undefined);
  return { result, seen };
}

const rows = (...ids: number[]): [number, string][] => ids.map((id) => [id, `value ${id}`]);

describe('two sessions and a source that may be asked ahead', () => {
  it('copy the next batch while the one before waits to be committed', async () => {
    const table = setting.table();
    const { result, seen } = run([table], [rows(1), rows(2), rows(3), rows(4)], {}, (batch) =>
      batch === 1 ? inTheWay(table) : undefined,
    );
    await until(1, WAITS_TO_COMMIT);
    await until(1, HAS_COPIED);
    // Asked for the third and the fourth batch; the fourth is not begun before the second is committed.
    expect(seen).toEqual([1, 1, 1]);
    expect(await setting.rowsOf(table)).toEqual(rows(1));
    await other.query('ROLLBACK');
    expect(await result).toMatchObject({
      batches: 4,
      rows: 4,
      highWatermark: { from: null, to: 4 },
      tables: [{ rows: 4, migration: 'created' }],
    });
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2, 3, 4));
    expect(await committed(table)).toBe(4);
  });

  it('tell of each batch once it is committed, in order', async () => {
    const table = setting.table();
    const told: unknown[] = [];
    const batches = Array.from({ length: 12 }, (_, index) => rows(index));
    const onProgress: IngestOptions['onProgress'] = ({ batches, rows: count, highWatermark }) => {
      told.push([batches, count, highWatermark]);
    };
    await run([table], batches, { onProgress }).result;
    expect(told).toEqual(batches.map((_, index) => [index + 1, index + 1, index + 1]));
  });

  it('bring rows of many tables, as values, CSV and from DuckDB', async () => {
    const [one, two] = [setting.table(), setting.table()];
    const text = (from: number, count: number): AsyncIterable<Uint8Array> =>
      (async function* () {
        await Promise.resolve();
        yield Buffer.from(['id,value', ...rowsFrom(from, count).map((row) => row.join(','))].join('\n'));
      })();
    const rowsFrom = (from: number, count: number) =>
      rows(...Array.from({ length: count }, (_, index) => from + index));
    const batches: IngestBatch[] = [];
    for (let number = 0; number < 9; number += 3)
      batches.push(
        {
          highWatermark: number,
          rows: [...rowsFrom(number * 100, 100).flatMap((row) => [[one, row] as const, [two, row] as const])],
        },
        { highWatermark: number + 1, rows: [one, two].map((table) => ({ table, csv: text((number + 1) * 100, 100) })) },
        {
          highWatermark: number + 2,
          rows: [one, two].map((table) => ({
            table,
            duckdb: `SELECT range::integer AS id, 'value ' || range AS value FROM range(${(number + 2) * 100}, ${(number + 3) * 100})`,
          })),
        },
      );
    const { tables } = await run([one, two], batches, { maxRowsPerTableBuffer: 7 }).result;
    expect(tables).toMatchObject([{ rows: 900 }, { rows: 900 }]);
    for (const table of [one, two]) expect(await setting.rowsOf(table)).toEqual(rowsFrom(0, 900));
  });

  it('know the high watermark of a batch before they ask on', async () => {
    const table = setting.table();
    const order: string[] = [];
    const source = function* () {
      for (const number of [1, 2, 3, 4]) {
        order.push(`asked for ${number}`);
        const used = function* () {
          yield [table, [number, '']] as const;
          order.push(`used ${number} up`);
        };
        const highWatermark = (): number => {
          order.push(`watermark of ${number}`);
          return number;
        };
        yield { highWatermark, rows: used() };
      }
    };
    await ingest({ url: setting.database.url }, [table], source, { sessions: 2, askAhead: true });
    const expected = [1, 2, 3, 4].flatMap((number) => [
      `asked for ${number}`,
      `used ${number} up`,
      `watermark of ${number}`,
    ]);
    expect(order).toEqual(expected);
  });

  it('need no second place in the pool', async () => {
    const table = setting.table();
    const batches = Array.from({ length: 6 }, (_, index) => rows(index));
    const source = () => batches.map((batch, index) => batchOf(table, batch, index));
    const url = setting.database.url;
    await ingest({ url, maxConnections: 1 }, [table], source, { sessions: 2, askAhead: true });
    expect(await setting.rowsOf(table)).toEqual(batches.flat());
  });
});

describe('where a batch fails', () => {
  it('the one before stays, when rows of one that was copied ahead do not fit', async () => {
    const table = setting.table();
    const { result, seen } = run(
      [table],
      [
        rows(1),
        rows(2),
        [
          [3, 'value 3'],
          ['four', ''],
        ],
        rows(5),
      ],
      {},
      (batch) => (batch === 1 ? inTheWay(table) : undefined),
    );
    await until(1, WAITS_TO_COMMIT);
    await until(1, `state = 'idle in transaction (aborted)'`);
    expect(await setting.rowsOf(table)).toEqual(rows(1));
    await other.query('ROLLBACK');
    expect(await rejection(result)).toMatchObject({
      code: 'POSTGRES_BAD_VALUE',
      row: 2,
      column: 'id',
      retryable: false,
    });
    // Asked for the next one perhaps, which was not begun.
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2));
    expect(await committed(table)).toBe(2);
    await until(0, 'true');
  });

  it('none behind it arrives, when its session is ended', async () => {
    const table = setting.table();
    const { result } = run([table], [rows(1), rows(2), rows(3), rows(4)], {}, (batch) =>
      batch === 1 ? inTheWay(table) : undefined,
    );
    await until(1, WAITS_TO_COMMIT);
    await until(1, HAS_COPIED);
    await setting.ask(`SELECT pg_terminate_backend(pid) ${OURS} AND ${WAITS_TO_COMMIT}`);
    expect(await rejection(result)).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    await other.query('ROLLBACK');
    expect(await setting.rowsOf(table)).toEqual(rows(1));
    expect(await committed(table)).toBe(1);
    await until(0, 'true');
  });

  it('it can be tried again when the session that copies ahead is ended', async () => {
    const table = setting.table();
    const { result } = run([table], [rows(1), rows(2), rows(3), rows(4)], {}, (batch) =>
      batch === 1 ? inTheWay(table) : undefined,
    );
    await until(1, WAITS_TO_COMMIT);
    await until(1, HAS_COPIED);
    await setting.ask(`SELECT pg_terminate_backend(pid) ${OURS} AND ${HAS_COPIED}`);
    await other.query('ROLLBACK');
    expect(await rejection(result)).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2));
    expect(await committed(table)).toBe(2);
    await until(0, 'true');
  });

  it('neither of the two that are under way arrives when the call is aborted', async () => {
    const table = setting.table();
    const abort = new AbortController();
    const { result } = run(
      [table],
      [rows(1), rows(2), rows(3), rows(4)],
      { signal: abort.signal },
      (batch) => batch === 1 && inTheWay(table),
    );
    await until(1, WAITS_TO_COMMIT);
    await until(1, HAS_COPIED);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await rejection(result)).toBe(reason);
    await other.query('ROLLBACK');
    await until(0, 'true');
    expect(await setting.rowsOf(table)).toEqual(rows(1));
  });

  it('a source that fails does not undo the batches that it has yielded before', async () => {
    const table = setting.table();
    const failure = new Error('the disk is gone');
    const { result } = run([table], [rows(1), rows(2), rows(3)], {}, (batch) => {
      if (batch === 2) throw failure;
    });
    expect(await rejection(result)).toBe(failure);
    // The second one was under way when the source failed.
    expect(await committed(table)).toBe(2);
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2));
    await until(0, 'true');
  });

  it('another run that comes between two batches wins', async () => {
    const table = setting.table();
    const { result } = run([table], [rows(1), rows(2), rows(3)], {}, (batch) => (batch === 1 ? inTheWay(table) : null));
    await until(1, WAITS_TO_COMMIT);
    await until(1, HAS_COPIED);
    const rival = ingest({ url: setting.database.url, applicationName: APPLICATION }, [table], () => [
      batchOf(table, rows(99), 99),
    ]);
    rival.catch(() => undefined);
    await until(1, WAITS_FOR_ITS_TURN);
    await other.query('ROLLBACK');
    // Whoever has begun from what the other one has moved since.
    const [ours, theirs] = await Promise.allSettled([result, rival]);
    expect([ours.status, theirs.status].sort()).toEqual(['fulfilled', 'rejected']);
    const loser = ours.status === 'rejected' ? ours : theirs;
    expect(loser).toMatchObject({ reason: { code: 'HIGH_WATERMARK_MOVED' } });
    expect(await setting.rowsOf(table)).toEqual(ours.status === 'rejected' ? rows(1, 2, 99) : rows(1, 2, 3));
  });
});

describe('the source is asked on when the batch before is committed', () => {
  const all = [rows(1), rows(2), rows(3), rows(4)];
  const table = (key?: string[]) => setting.table(undefined, key);

  it.each<[string, () => { definition: PostgresTable; options: IngestOptions }]>([
    ['with one session', () => ({ definition: table(), options: { sessions: 1 } })],
    ['unless it may be asked ahead', () => ({ definition: table(), options: { askAhead: false } })],
    ['where rows are merged by a key', () => ({ definition: table(['id']), options: {} })],
    ['with a hook', () => ({ definition: table(), options: { onBeforeVisible: () => undefined } })],
    [
      'with a quarantine',
      () => ({ definition: table(), options: { quarantine: { schema: 'target', name: 'quarantine' } } }),
    ],
  ])('%s', async (_, setUp) => {
    const { definition, options } = setUp();
    const { result, seen } = run([definition], all, options);
    await result;
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(await setting.rowsOf(definition)).toEqual(all.flat());
  });

  it.each([
    ['a unique index', (name: string) => `CREATE UNIQUE INDEX ON ${name} (id)`],
    ['a check', (name: string) => `ALTER TABLE ${name} ADD CHECK (id > 0)`],
  ])('where the table has %s, from when that is known', async (_, sql) => {
    const definition = table();
    const { result, seen } = run([definition], [...all, rows(5), rows(6)], {}, (batch) =>
      batch === 1 ? setting.postgres.use((client) => client.query(sql(quoteTable(definition)))) : undefined,
    );
    await result;
    expect(seen.slice(2)).toEqual([3, 4, 5, 6]);
    expect(await setting.rowsOf(definition)).toEqual(rows(1, 2, 3, 4, 5, 6));
  });

  it('where a unique index refuses a row of the next batch, the one before stays', async () => {
    const definition = table();
    const { result } = run([definition], [rows(1), rows(2), rows(2)], {}, (batch) =>
      batch === 1
        ? setting.postgres.use((client) => client.query(`CREATE UNIQUE INDEX ON ${quoteTable(definition)} (id)`))
        : undefined,
    );
    expect(await rejection(result)).toMatchObject({ code: 'POSTGRES_UNIQUE', retryable: false });
    expect(await setting.rowsOf(definition)).toEqual(rows(1, 2));
  });
});
