import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type IngestBatch, readWatermark } from '../connectors/postgres/index.js';
import { batchOf, ID_AND_VALUE, type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());
describe('rows of batches', () => {
  it('[acceptance 2] 10,000 rows of 1,000 characters arrive complete from a generator', async () => {
    const table = setting.table();
    const text = (id: number): string => `${id}-`.padEnd(600, 'é€x') + '😀'.repeat(200);
    const result = await ingest(setting.postgres, [table], () => [
      {
        highWatermark: null,
        rows: (function* () {
          for (let id = 0; id < 10_000; id += 1) yield [table, [id, text(id)]] as const;
        })(),
      },
    ]);
    expect(result.rows).toBe(10_000);
    const rows = await setting.rowsOf(table);
    expect(rows).toHaveLength(10_000);
    expect(rows?.every(([id, value]) => value === text(Number(id)))).toBe(true);
  });

  it('[acceptance 5] rows of two batches in one call are both there', async () => {
    const table = setting.table();
    const result = await ingest(setting.postgres, [table], () => [
      batchOf(table, [[1, 'a']], 1),
      batchOf(table, [[2, 'b']], 2),
    ]);
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(result).toEqual({
      batches: 2,
      rows: 2,
      highWatermark: { from: null, to: 2 },
      tables: [{ schema: 'target', table: table.name, rows: 2, quarantined: 0, migration: 'created' }],
    });
  });

  it('[acceptance 6] no batches in delete mode make the empty target, and nothing else', async () => {
    const table = setting.table();
    const count = (): Promise<unknown> =>
      setting.ask(
        "SELECT count(*)::int FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'target'",
      );
    const before = Number(await count());
    const result = await ingest(setting.postgres, [table], () => [], { delete: '__BEFORE_FIRST_BATCH__' });
    expect(await setting.rowsOf(table)).toEqual([]);
    expect(await count()).toBe(before + 1);
    expect(await setting.commentOf(table)).toBeNull();
    expect(result).toMatchObject({ batches: 0, rows: 0 });
  });

  it('[acceptance 8] others see a batch when it is committed, and not before', async () => {
    const table = setting.table();
    const seen: unknown[] = [];
    async function* batches(): AsyncGenerator<IngestBatch> {
      const watched = async function* (rows: unknown[][]) {
        for (const row of rows) yield [table, row] as const;
        seen.push(await setting.rowsOf(table));
      };
      yield { highWatermark: 1, rows: watched([[1, 'a']]) };
      yield { highWatermark: 2, rows: watched([[2, 'b']]) };
      seen.push(await setting.rowsOf(table));
    }
    await ingest(setting.postgres, [table], batches);
    expect(seen).toEqual([
      null,
      [[1, 'a']],
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ]);
  });

  it('[acceptance 24] a changed definition without batches changes nothing', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']], 7));
    const oid = await setting.oidOf(table);
    const changed = { ...table, columns: [...ID_AND_VALUE, { name: 'added', type: 'text' }] };
    await ingest(setting.postgres, [changed], () => []);
    expect(await setting.rowsOf(table)).toEqual([[1, 'a']]);
    expect(await setting.oidOf(table)).toBe(oid);
    expect((await readWatermark(setting.postgres, table)).value).toBe(7);
  });

  it('[acceptance 25] without a key, a second run appends', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    const second = await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'a'],
      [1, 'a'],
    ]);
    expect(second.tables[0]?.migration).toBe('kept');
  });

  it('[acceptance 26] delete mode replaces the old rows by the new batch, and deletes nothing without one', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    const result = await ingest(
      setting.postgres,
      [table],
      () => [batchOf(table, [[2, 'b']]), batchOf(table, [[3, 'c']])],
      { delete: '__BEFORE_FIRST_BATCH__' },
    );
    const after = [
      [2, 'b'],
      [3, 'c'],
    ];
    expect(await setting.rowsOf(table)).toEqual(after);
    expect(result.tables[0]?.migration).toBe('replaced');
    await ingest(setting.postgres, [table], () => [], { delete: '__BEFORE_FIRST_BATCH__' });
    expect(await setting.rowsOf(table)).toEqual(after);
  });

  it('a table that gets no rows is emptied by delete mode as well', async () => {
    const [fed, other] = [setting.table(), setting.table()];
    await ingest(setting.postgres, [fed, other], () => [batchOf(other, [[1, 'a']])]);
    await ingest(setting.postgres, [fed, other], once(fed, [[2, 'b']]), { delete: '__BEFORE_FIRST_BATCH__' });
    expect([await setting.rowsOf(fed), await setting.rowsOf(other)]).toEqual([[[2, 'b']], []]);
  });

  it('[acceptance 30] two keyed tables fed in turns are complete, and a table that was not asked for is not made', async () => {
    const [one, other] = [setting.table(ID_AND_VALUE, ['id']), setting.table(ID_AND_VALUE, ['id'])];
    const stranger = { schema: 'target', name: 'stranger' };
    function* rows() {
      for (let id = 0; id < 20_000; id += 1) {
        yield [one, [id, `one ${id}`]] as const;
        yield [stranger, [id]] as const;
        yield [{ schema: other.schema, name: other.name }, [id, `other ${id}`]] as const;
      }
    }
    for (const run of [1, 2]) {
      const result = await ingest(setting.postgres, [one, other], () => [{ highWatermark: run, rows: rows() }]);
      expect(result.tables.map((table) => table.rows)).toEqual([20_000, 20_000]);
    }
    for (const [table, word] of [
      [one, 'one'],
      [other, 'other'],
    ] as const) {
      const found = await setting.rowsOf(table);
      expect(found).toHaveLength(20_000);
      expect(found?.every(([id, value]) => value === `${word} ${String(id)}`)).toBe(true);
    }
    expect(await setting.ask(`SELECT to_regclass('target.stranger')`)).toBeNull();
  });

  it('rows of one table keep their order however small the buffer is', async () => {
    const tables = [
      setting.table(ID_AND_VALUE, ['id']),
      setting.table(ID_AND_VALUE, ['id']),
      setting.table(ID_AND_VALUE, ['id']),
    ];
    // The last of the rows of a key wins, so a change of order would show.
    const rows = Array.from({ length: 3_000 }, (_, at) => [tables[(at * 7) % 3]!, [at % 50, `${at}`]] as const);
    await ingest(setting.postgres, tables, () => [{ highWatermark: null, rows }], { maxRowsPerTableBuffer: 3 });
    for (const table of tables) {
      const last = new Map(rows.filter(([of]) => of === table).map(([, row]) => row as [number, string]));
      expect(await setting.rowsOf(table)).toEqual([...last].sort(([a], [b]) => a - b));
    }
  });

  it('a table has as many rows waiting as there are, when the first of them is one that only the server can read', async () => {
    const [one, other] = [setting.table(), setting.table()];
    const waiting = 200_000;
    function* rows() {
      yield [one, [1, 'a']] as const;
      // PostgreSQL reads an integer with a blank before it; our binary format does not.
      for (let id = 0; id < waiting; id += 1) yield [other, [id === 0 ? ' 0' : id, 'b']] as const;
    }
    const options = { maxRowsPerTableBuffer: 1_000_000 };
    const result = await ingest(setting.postgres, [one, other], () => [{ highWatermark: 1, rows: rows() }], options);
    expect(result.tables.map((table) => table.rows)).toEqual([1, waiting]);
    expect(await setting.ask(`SELECT count(DISTINCT id)::int FROM target."${other.name}"`)).toBe(waiting);
  });

  it('a slow source holds no transaction before its first row', async () => {
    const table = setting.table();
    const active: unknown[] = [];
    await ingest(setting.postgres, [table], () => [
      {
        highWatermark: null,
        rows: (async function* () {
          active.push(
            await setting.ask(
              `SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()`,
            ),
          );
          yield [table, [1, 'a']] as const;
        })(),
      },
    ]);
    expect(active).toEqual([0]);
  });
});

describe('what is refused', () => {
  const refused: [string, Record<string, unknown>][] = [
    ['highWatermark', { highWatermark: '__LAST__' }],
    ['visibility', { visibility: '__AT_THE_END__' }],
    ['upsert', { upsert: '__ON__' }],
    ['delete', { delete: '__BEFORE_FIRST__' }],
    ['onBeforeVisible', { onBeforeVisible: 'name' }],
    ['deletes', { deletes: '__OFF__' }],
    ['maxRowsPerTableBuffer', { maxRowsPerTableBuffer: 0 }],
  ];
  it.each(refused)('an option that is none: %s', async (name, options) => {
    const table = setting.table();
    const error = await rejection(ingest(setting.postgres, [table], once(table, [[1, 'a']]), options));
    expect(error).toMatchObject({ code: 'INGEST_OPTIONS', retryable: false });
    expect(String(error)).toContain(name);
    expect(await setting.oidOf(table)).toBeNull();
  });

  it('no tables, a table that is there twice, a comment where the watermark goes', async () => {
    const table = setting.table();
    for (const tables of [[], [table, { ...table }], [{ ...table, comment: 'mine' }]])
      expect(await rejection(ingest(setting.postgres, tables, () => []))).toMatchObject({ code: 'INGEST_OPTIONS' });
  });

  it.each([
    ['too many values', [1, 'a', 'extra']],
    ['too few', [1]],
  ])('a row with %s, by its number', async (_, row) => {
    const table = setting.table();
    const error = await rejection(ingest(setting.postgres, [table], once(table, [[1, 'a'], row])));
    expect(error).toMatchObject({ code: 'POSTGRES_ROW_WIDTH', row: 2, retryable: false });
    expect(await setting.rowsOf(table)).toBeNull();
  });

  it.each([
    ['a row without its table', [[1, 'a']]],
    ['a table by its name alone', [['t', [1]]]],
  ])('a source that yields %s', async (_, rows) => {
    const table = setting.table();
    // What a program in plain JavaScript may yield.
    const error = await rejection(ingest(setting.postgres, [table], () => [{ highWatermark: 1, rows: rows as never }]));
    expect(error).toMatchObject({ code: 'INGEST_SOURCE_BAD' });
  });
});
