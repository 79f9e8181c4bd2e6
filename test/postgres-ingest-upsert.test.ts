import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CsvRows, ingest, type PostgresTable } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { ID_AND_VALUE, type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

describe('an upsert', () => {
  it('[acceptance 9] on a composite key changes one row, adds one, keeps one, whatever the names look like', async () => {
    const table: PostgresTable = {
      schema: `My "schema" 'x' 😀`,
      name: `My "table" 'x' 😀`,
      columns: [
        { name: `Id "a" 'x' 😀`, type: 'integer' },
        { name: 'Id b', type: 'text' },
        { name: `Value "v" %s 'x' 😀`, type: 'text' },
      ],
      primaryKey: [`Id "a" 'x' 😀`, 'Id b'],
    };
    const rows = [
      [1, 'x', 'one'],
      [1, 'y', 'two'],
    ];
    await ingest(setting.postgres, [table], once(table, rows));
    const oid = await setting.oidOf(table);
    const changes = [
      [1, 'y', 'changed'],
      [2, 'x', 'added'],
    ];
    await ingest(setting.postgres, [table], once(table, changes));
    expect(await setting.rowsOf(table)).toEqual([[1, 'x', 'one'], ...changes]);
    expect(await setting.oidOf(table)).toBe(oid);
  });

  it('[acceptance 10] that is off fails on a key that is there, and leaves the old rows untouched', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    const error = await rejection(
      ingest(
        setting.postgres,
        [table],
        once(table, [
          [2, 'b'],
          [1, 'secret value'],
        ]),
        { upsert: '__OFF__' },
      ),
    );
    expect(error).toMatchObject({ code: 'POSTGRES_UNIQUE', retryable: false });
    expect(String(error)).not.toContain('secret value');
    expect(await setting.rowsOf(table)).toEqual([[1, 'a']]);
  });

  it('that is off fails on a key that is repeated in a new table', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    const rows = [
      [1, 'a'],
      [1, 'b'],
    ];
    const error = await rejection(ingest(setting.postgres, [table], once(table, rows), { upsert: '__OFF__' }));
    expect(error).toMatchObject({ code: 'POSTGRES_UNIQUE' });
    expect(await setting.oidOf(table)).toBeNull();
  });

  it('[acceptance 11] keeps the last row of a key that is repeated, and the next call does not replace the table', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    const first = [
      [1, 'a'],
      [2, 'b'],
      [1, 'c'],
    ];
    await ingest(setting.postgres, [table], once(table, first));
    const oid = await setting.oidOf(table);
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'c'],
      [2, 'b'],
    ]);
    const second = [
      [2, 'd'],
      [3, 'e'],
      [3, 'f'],
      [2, 'b'],
    ];
    await ingest(setting.postgres, [table], once(table, second));
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'c'],
      [2, 'b'],
      [3, 'f'],
    ]);
    expect(await setting.oidOf(table)).toBe(oid);
  });

  it('keeps the last of many rows of a key, of any length, however the server lays them out', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    const rows = Array.from({ length: 30_000 }, (_, at) => [at % 1_000, `${at} `.padEnd((at * 7_919) % 3_000, 'x')]);
    const expected = rows.slice(-1_000).sort(([a], [b]) => Number(a) - Number(b));
    await ingest(setting.postgres, [table], once(table, rows));
    expect(await setting.rowsOf(table)).toEqual(expected);
    await ingest(setting.postgres, [table], once(table, [...rows].reverse()));
    expect(await setting.rowsOf(table)).toEqual(rows.slice(0, 1_000));
  });

  it('does not write rows that are the same: the table does not grow', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    const rows = Array.from({ length: 1_000 }, (_, id) => [id, `value ${id}`]);
    await ingest(setting.postgres, [table], once(table, rows));
    const writers = `SELECT string_agg(DISTINCT xmin::text, ',') || ' ' || pg_relation_size('${quoteTable(table)}') FROM ${quoteTable(table)}`;
    const before = await setting.ask(writers);
    const result = await ingest(setting.postgres, [table], once(table, rows));
    expect(await setting.ask(writers)).toBe(before);
    expect(result.rows).toBe(1_000);
    const changed = rows.map(([id, value]) => [id, id === 7 ? 'changed' : value]);
    await ingest(setting.postgres, [table], once(table, changed));
    expect(await setting.rowsOf(table)).toEqual(changed);
    expect(await setting.ask(`SELECT count(DISTINCT xmin::text)::int FROM ${quoteTable(table)}`)).toBe(2);
  });

  it('tells rows apart by all that is written: types without equality, spellings of a number, null', async () => {
    const table = setting.table(
      [
        { name: 'id', type: 'numeric' },
        { name: 'doc', type: 'json' },
        { name: 'at', type: 'point' },
        { name: 'amount', type: 'numeric' },
        { name: 'items', type: 'text[]' },
      ],
      ['id'],
    );
    const text = (): Promise<unknown> =>
      setting.ask(`SELECT array_agg(t::text ORDER BY id)::text[] FROM ${quoteTable(table)} AS t`);
    await ingest(
      setting.postgres,
      [table],
      once(table, [
        ['1.0', { a: 1 }, '(1,2)', '1.0', ['a', null]],
        ['2', null, null, null, null],
      ]),
    );
    await ingest(
      setting.postgres,
      [table],
      once(table, [
        ['1.00', { a: 2 }, '(1,3)', '1.00', ['a', 'b']],
        ['2', null, null, '5', []],
      ]),
    );
    expect(await text()).toEqual(['(1.00,"{""a"":2}","(1,3)",1.00,"{a,b}")', '(2,,,5,{})']);
    await ingest(setting.postgres, [table], once(table, [['2', null, null, null, null]]));
    expect(await text()).toEqual(['(1.00,"{""a"":2}","(1,3)",1.00,"{a,b}")', '(2,,,,)']);
  });

  it('into a table that has nothing but its key adds what is missing', async () => {
    const table = setting.table([{ name: 'id', type: 'integer' }], ['id']);
    await ingest(setting.postgres, [table], once(table, [[1], [2]]));
    await ingest(setting.postgres, [table], once(table, [[2], [3], [3]]));
    expect(await setting.rowsOf(table)).toEqual([[1], [2], [3]]);
  });

  it.each([
    ['in JavaScript', 'first'],
    ['at the server', 'second'],
  ])('says row and column of a null in the key, found %s', async (_, when) => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    if (when === 'second') await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    const given = Readable.from([Buffer.from('value,id\nx,1\ny,\n')]);
    const rows =
      when === 'first'
        ? [[1, 'a'] as const, [null, 'b'] as const].map((row) => [table, row] as const)
        : { table, csv: given };
    const error = await rejection(ingest(setting.postgres, [table], () => [{ highWatermark: 1, rows }]));
    expect(error).toMatchObject({ code: 'POSTGRES_NOT_NULL', column: 'id', row: 2, retryable: false });
  });

  it('of many portions into a new table lets the last row of a key win', async () => {
    const tables = [setting.table(ID_AND_VALUE, ['id']), setting.table(ID_AND_VALUE, ['id'])] as const;
    const rows = Array.from({ length: 1_000 }, (_, at) => [tables[at % 2 === 0 ? 0 : 1], [at % 7, `${at}`]] as const);
    for (const run of [1, 2]) {
      await ingest(setting.postgres, tables, () => [{ highWatermark: run, rows }], { maxRowsPerTableBuffer: 10 });
      for (const [index, table] of tables.entries()) {
        const last = new Map(rows.filter((__, at) => at % 2 === index).map(([, row]) => row));
        expect(await setting.rowsOf(table)).toEqual([...last].sort(([a], [b]) => a - b));
      }
    }
  });

  it.each([
    ['in the order of the key', (id: number) => id],
    // A prime that shares no factor with the number of rows: each key once, in no order.
    ['in no order', (id: number) => (id * 7_919) % 120_000],
  ])('of many rows, %s, changes those that differ and adds those that are missing', async (_, keyAt) => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    const csv = (value: (id: number) => string, count: number): CsvRows => ({
      table,
      csv: Readable.from(
        Array.from({ length: count }, (__, at) => `${at === 0 ? 'id,value\n' : ''}${keyAt(at)},${value(keyAt(at))}\n`),
        {
          objectMode: false,
        },
      ),
    });
    await ingest(setting.postgres, [table], () => [{ highWatermark: 1, rows: csv((id) => `${id}`, 110_000) }]);
    const changed = (id: number): string => (id % 1_000 === 0 ? 'changed' : `${id}`);
    await ingest(setting.postgres, [table], () => [{ highWatermark: 2, rows: csv(changed, 120_000) }]);
    const expected = Array.from({ length: 120_000 }, (__, id) => [id, changed(id)]);
    expect(await setting.rowsOf(table)).toEqual(expected);
    const written = `SELECT count(*)::int FROM ${quoteTable(table)} WHERE xmin = (SELECT max(xmin::text::bigint)::text::xid FROM ${quoteTable(table)})`;
    // 10,000 are new, and some of the others have changed: what is the same was not written again.
    expect(Number(await setting.ask(written))).toBeLessThanOrEqual(10_120);
  });

  it('is not upset by a row that somebody else adds meanwhile', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    const other = await setting.database.connect();
    await other.query(`BEGIN; INSERT INTO ${quoteTable(table)} VALUES (2, 'of somebody else')`);
    const rows = [
      [1, 'b'],
      [2, 'c'],
      [3, 'd'],
    ];
    await ingest(setting.postgres, [table], once(table, rows), {
      onProgress: ({ waitingFor }) => {
        if (waitingFor.length > 0) void other.query('COMMIT');
      },
    });
    expect(await setting.rowsOf(table)).toEqual(rows);
  });
});
