import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type IngestBatch, type IngestOptions, type PostgresTable } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { type AheadSetting, HAS_COPIED, openAheadSetting, rows, WAITS_TO_COMMIT } from './support/batches-ahead.js';
import { batchOf, rejection } from './support/ingest.js';

let setting: AheadSetting;
beforeAll(async () => {
  setting = await openAheadSetting();
});
afterEach(() => setting.letGo());
afterAll(() => setting.close());

describe('two sessions and a source that may be asked ahead', () => {
  it('copy the next batch while the one before waits to be committed', async () => {
    const table = setting.table();
    const { result, seen } = setting.run([table], [rows(1), rows(2), rows(3), rows(4)], {}, (batch) =>
      batch === 1 ? setting.inTheWay(table) : undefined,
    );
    await setting.until(1, WAITS_TO_COMMIT);
    await setting.until(1, HAS_COPIED);
    // Asked for the third and the fourth batch; the fourth is not begun before the second is committed.
    while (seen.length < 3) await setTimeout(10);
    expect(seen).toEqual([1, 1, 1]);
    expect(await setting.rowsOf(table)).toEqual(rows(1));
    await setting.letGo();
    expect(await result).toMatchObject({
      batches: 4,
      rows: 4,
      highWatermark: { from: null, to: 4 },
      tables: [{ rows: 4, migration: 'created' }],
    });
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2, 3, 4));
    expect(await setting.committed(table)).toBe(4);
  });

  it('tell of each batch once it is committed, in order', async () => {
    const table = setting.table();
    const told: unknown[] = [];
    const batches = Array.from({ length: 12 }, (_, index) => rows(index));
    const onProgress: IngestOptions['onProgress'] = ({ batches, rows: count, highWatermark }) => {
      told.push([batches, count, highWatermark]);
    };
    await setting.run([table], batches, { onProgress }).result;
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
    const { tables } = await setting.run([one, two], batches, { maxRowsPerTableBuffer: 7 }).result;
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
    const { result, seen } = setting.run([definition], all, options);
    await result;
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(await setting.rowsOf(definition)).toEqual(all.flat());
  });

  it.each([
    ['a unique index', (name: string) => `CREATE UNIQUE INDEX ON ${name} (id)`],
    ['a check', (name: string) => `ALTER TABLE ${name} ADD CHECK (id > 0)`],
  ])('where the table has %s, from when that is known', async (_, sql) => {
    const definition = table();
    const { result, seen } = setting.run([definition], [...all, rows(5), rows(6)], {}, async (batch) => {
      if (batch !== 1) return;
      await setting.postgres.use((client) => client.query(sql(quoteTable(definition))));
      await setting.inTheWay(definition);
    });
    await setting.until(1, WAITS_TO_COMMIT);
    // The third one has looked, and waits.
    await setting.until(1, `state = 'idle' AND query = 'ROLLBACK'`);
    await setting.letGo();
    await result;
    expect(seen.slice(2)).toEqual([3, 4, 5, 6]);
    expect(await setting.rowsOf(definition)).toEqual(rows(1, 2, 3, 4, 5, 6));
  });

  it('where a unique index refuses a row of the next batch, the one before stays', async () => {
    const definition = table();
    const { result } = setting.run([definition], [rows(1), rows(2), rows(2)], {}, (batch) =>
      batch === 1
        ? setting.postgres.use((client) => client.query(`CREATE UNIQUE INDEX ON ${quoteTable(definition)} (id)`))
        : undefined,
    );
    expect(await rejection(result)).toMatchObject({ code: 'POSTGRES_UNIQUE', retryable: false });
    expect(await setting.rowsOf(definition)).toEqual(rows(1, 2));
  });
});
