import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CsvRows, type DuckRows, ingest, type PostgresTable } from '../connectors/postgres/index.js';
import { ID_AND_VALUE, type IngestSetting, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

function csvOf(table: PostgresTable, text: string, size = 5): CsvRows {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return { table, csv: Readable.from(chunks) };
}

function load(table: PostgresTable, rows: CsvRows | DuckRows | readonly (CsvRows | DuckRows)[]) {
  return ingest(setting.postgres, [table], () => [{ highWatermark: null, rows }]);
}

describe('CSV', () => {
  it('arrives as it is written: NULL and the empty string apart, line ends and quotes within values', async () => {
    const table = setting.table();
    const result = await load(table, csvOf(table, '\ufeffvalue,id\n,1\n"",2\n"a ""b""\nc,d",3\n00501,4\n\\N,5\n'));
    expect(await setting.rowsOf(table)).toEqual([
      [1, null],
      [2, ''],
      [3, 'a "b"\nc,d'],
      [4, '00501'],
      [5, '\\N'],
    ]);
    expect(result.rows).toBe(5);
  });

  it('with CRLF, without a last line end, and with quoted names is read too', async () => {
    const table = setting.table();
    await load(table, csvOf(table, '"id","value"\r\n1,a\r\n2,b'));
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('without a column of the table leaves it NULL', async () => {
    const table = setting.table();
    await load(table, csvOf(table, 'id\n1\n'));
    expect(await setting.rowsOf(table)).toEqual([[1, null]]);
  });

  it('with a key is upserted', async () => {
    const table = setting.table(ID_AND_VALUE, ['id']);
    await load(table, csvOf(table, 'id,value\n1,a\n2,b\n'));
    await load(table, csvOf(table, 'id,value\n2,c\n3,d\n'));
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'a'],
      [2, 'c'],
      [3, 'd'],
    ]);
  });

  it.each([
    ['a column that the table has not', 'id,valu\n1,a\n', 'INGEST_CSV_COLUMNS', '"valu"'],
    ['a column twice', 'id,id\n1,1\n', 'INGEST_CSV_COLUMNS', '"id"'],
    ['a header that is no CSV', 'id,"value"x\n1,1\n', 'INGEST_CSV_HEADER', 'header'],
    ['an empty line for a header', '\n1,1\n', 'INGEST_CSV_HEADER', 'empty line'],
    ['lines that end in carriage returns alone', 'id,value\r1,a\r2,b\r', 'INGEST_CSV_HEADER', 'carriage return'],
  ])('that has %s is refused', async (_, text, code, says) => {
    const table = setting.table();
    const error = await rejection(load(table, csvOf(table, text)));
    expect(error).toMatchObject({ code, retryable: false });
    expect(String(error)).toContain(says);
    expect(await setting.oidOf(table)).toBeNull();
  });

  it('that is empty, or a header alone, is a batch without rows', async () => {
    const table = setting.table();
    for (const text of ['', 'id,value', 'id,value\n']) expect((await load(table, csvOf(table, text))).rows).toBe(0);
    expect(await setting.rowsOf(table)).toEqual([]);
  });

  it('with a value that does not fit is refused by row and column, without the value', async () => {
    const table = setting.table();
    const error = await rejection(
      load(table, csvOf(table, 'id,value\n1,"a\nb\n\nc"\n2,"x\n\n\n"\nsecret,"y\n"\n3,z\n')),
    );
    expect(error).toMatchObject({ code: 'POSTGRES_BAD_VALUE', row: 3, column: 'id', retryable: false });
    expect(String(error)).not.toContain('secret');
  });

  it('of one column keeps a value that looks like an end of data', async () => {
    const table = setting.table([{ name: 'value', type: 'text' }]);
    await load(table, csvOf(table, 'value\na\n\\.\n""\n\n"b\n""c"\n'));
    expect((await setting.rowsOf(table))?.flat()).toEqual(['', '\\.', 'a', 'b\n"c', null]);
  });

  it.each([
    ['at its beginning', '\\.\n1,a\n', 1],
    ['in the middle, behind a value with lines of its own', '1,"x\n\\.\ny"\r\n2,b\r\n\\.\r\n3,c\r\n', 3],
    ['where a row before it is spelt unusually', '1,a\n 2,b\n3,c\n\\.\n4,d\n', 4],
    ['at its end', '1,a\n2,b\n\\.', 3],
  ])(
    'that holds a row of a backslash and a point %s is refused: older servers would end there',
    async (_, rows, row) => {
      const table = setting.table();
      for (const size of [1, 2, 3, 4, 5, 1_000]) {
        const bytes = Buffer.from(`id,value\n${rows}`);
        const cut = Array.from({ length: Math.ceil(bytes.length / size) }, (__, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        const error = await rejection(load(table, { table, csv: Readable.from(cut) }));
        expect(error).toMatchObject({ code: 'POSTGRES_ROW_WIDTH', row, retryable: false });
      }
      expect(await setting.oidOf(table)).toBeNull();
    },
  );

  it('keeps a line of a backslash and a point within quotes', async () => {
    const table = setting.table();
    await load(table, csvOf(table, 'id,value\n 1,"a\n\\.\nb"\n2,\\.\n3,"\\."\n'));
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'a\n\\.\nb'],
      [2, '\\.'],
      [3, '\\.'],
    ]);
  });

  it('of many tables arrives in one batch, and that of a table not asked for is not read', async () => {
    const [one, other] = [setting.table(), setting.table()];
    const skipped = csvOf({ ...one, name: 'not asked for' }, 'x\n1\n');
    await ingest(setting.postgres, [one, other], () => [
      { highWatermark: 1, rows: [csvOf(one, 'id\n1\n'), skipped, csvOf(other, 'id\n2\n'), csvOf(one, 'id\n3\n')] },
    ]);
    expect(await setting.rowsOf(one)).toEqual([
      [1, null],
      [3, null],
    ]);
    expect(await setting.rowsOf(other)).toEqual([[2, null]]);
    expect((skipped.csv as Readable).readableDidRead).toBe(false);
    expect((skipped.csv as Readable).destroyed).toBe(true);
  });

  it('of a file that is missing fails its batch, and closes the others', async () => {
    const table = setting.table();
    const [first, last] = [csvOf(table, 'id\n1\n'), csvOf(table, 'id\n2\n')];
    const error = await rejection(
      ingest(setting.postgres, [table], () => [
        { highWatermark: null, rows: [first, { table, csv: createReadStream('no such file.csv') }, last] },
      ]),
    );
    expect(error).toMatchObject({ code: 'ENOENT' });
    expect((last.csv as Readable).destroyed).toBe(true);
    expect(await setting.oidOf(table)).toBeNull();
  });
});

describe('a DuckDB query', () => {
  it('fills the columns of its names', async () => {
    const table = setting.table([
      { name: 'id', type: 'bigint' },
      { name: 'value', type: 'text' },
      { name: 'at', type: 'timestamptz' },
      { name: 'amount', type: 'numeric' },
    ]);
    const duckdb = `SELECT CASE WHEN i = 1 THEN NULL WHEN i = 2 THEN '' ELSE 'a "q",' || chr(10) || 'é' END AS value, i AS id,
      (i || '.10')::DECIMAL(20,2) AS amount, TIMESTAMPTZ '2024-01-02 03:04:05.678901+00' AS at FROM range(1, 4) AS t(i)`;
    const result = await load(table, { table, duckdb });
    expect(result.rows).toBe(3);
    expect(await setting.rowsOf(table)).toEqual([
      ['1', null, new Date('2024-01-02T03:04:05.678Z'), '1.10'],
      ['2', '', new Date('2024-01-02T03:04:05.678Z'), '2.10'],
      ['3', 'a "q",\né', new Date('2024-01-02T03:04:05.678Z'), '3.10'],
    ]);
  });

  it('that fails says nothing of its values', async () => {
    const table = setting.table();
    const error = await rejection(load(table, { table, duckdb: `SELECT 'secret'::INTEGER AS id` }));
    expect(error).toMatchObject({ code: 'DUCKDB_FAILED' });
    expect(String(error)).not.toContain('secret');
    expect(await setting.oidOf(table)).toBeNull();
  });
});
