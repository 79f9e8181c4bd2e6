import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type PostgresTable } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { type IngestSetting, openIngestSetting } from './support/ingest.js';
import { duckPortions } from '../connectors/postgres/load/duck.js';
import { javaScriptPortions } from '../connectors/postgres/load/rows.js';
import { csvOf, upsertCsv, upsertPortions } from './support/upsert-csv.js';

type Field = string | number | null;

const ROWS = 2_500;
const PAD = 'x'.repeat(1_000);
const hex = (at: number): string => createHash('md5').update(String(at)).digest('hex');
const uuid = (at: number): string => hex(at).replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
  await setting.postgres.use(async (client) => {
    await client.query(`CREATE TYPE public.grade AS ENUM (${Array.from({ length: ROWS }, (_, at) => `'g${at}'`).join(', ')});
      CREATE DOMAIN public.code AS varchar(12) CHECK (VALUE <> '')`);
  });
});
afterAll(() => setting.close());

async function full(
  types: readonly string[],
  rows: readonly Field[][],
  before?: (table: PostgresTable) => string,
): Promise<PostgresTable> {
  const columns = [...types, 'text', 'text'].map((type, index) => ({ name: `c${index}`, type }));
  const table = setting.table(columns, types.map((_type, index) => `c${index}`)); // prettier-ignore
  await ingest(setting.postgres, [table], () => [{ highWatermark: null, rows: [] }]);
  if (before !== undefined) await setting.ask(before(table));
  await ingest(setting.postgres, [table], () => [
    { highWatermark: null, rows: { table, csv: Readable.from([csvOf(names(table), rows)]) } },
  ]);
  return table;
}

const names = (table: PostgresTable): string[] => table.columns.map(({ name }) => name);
const upsertRows = (table: PostgresTable, rows: readonly Field[][]): Promise<{ rows: number; staged: number }> =>
  upsertCsv(setting.postgres, table, csvOf(names(table), rows));
const content = (table: PostgresTable): Promise<unknown> =>
  setting.ask(`SELECT json_agg(ROW(t.*)::text ORDER BY ROW(t.*)::text) FROM ${quoteTable(table)} AS t`);

const KEYS: [type: string, types: string[], keyOf: (at: number) => Field[]][] = [
  ['smallint, negative ones too', ['smallint'], (at) => [at - 1_000]],
  ['integer', ['integer'], (at) => [at * 3 - 4_000]],
  ['bigint', ['bigint'], (at) => [at * 10_000_000_019 - 9_000_000_000_000]],
  ['date', ['date'], (at) => [new Date(Date.UTC(1990, 0, at)).toISOString().slice(0, 10)]],
  ['timestamp', ['timestamp'], (at) => [new Date(Date.UTC(1999, 0, 1, at)).toISOString().slice(0, 19)]],
  ['timestamptz', ['timestamptz'], (at) => [new Date(Date.UTC(1999, 0, 1, at)).toISOString()]],
  ['uuid', ['uuid'], (at) => [uuid(at)]],
  ['bytea', ['bytea'], (at) => [`\\x${hex(at).slice(0, 10)}`]],
  ['text, in no order', ['text'], (at) => [`ключ ${hex(at).slice(0, 8)}`]],
  ['text, in order', ['text'], (at) => [String(at).padStart(6, '0')]],
  ['varchar(6)', ['varchar(6)'], (at) => [`ä${at}`]],
  ['an enum', ['public.grade'], (at) => [`g${at}`]],
  ['a domain', ['public.code'], (at) => [`c${at}`]],
  ['an integer and a text', ['integer', 'text'], (at) => [at >> 2, `part ${at % 4}`]],
  ['a text and a date and a bigint', ['text', 'date', 'bigint'], (at) => [`t${at >> 5}`, `2020-01-${String((at >> 2) % 8 + 1).padStart(2, '0')}`, at % 4]],
]; // prettier-ignore

describe('rows are left out, the rest is written, by a key of', () => {
  it.each(KEYS)('%s', async (_name, types, keyOf) => {
    const rows = Array.from({ length: ROWS }, (_, at): Field[] => [...keyOf(at), `value ${at}`, PAD]);
    const table = await full(types, rows);
    expect(await upsertRows(table, rows)).toMatchObject({ rows: ROWS, staged: 0 });
    const changed = rows.slice(0, -1).map((row, at) => (at % 250 === 7 ? [...row.slice(0, -2), 'changed', PAD] : row));
    // A key that is there again, and ends as it was.
    changed.splice(1_100, 0, [...keyOf(1_800), 'changed', PAD]);
    const { rows: arrived, staged } = await upsertRows(table, changed);
    expect(arrived).toBe(ROWS);
    expect(staged).toBeLessThan(ROWS / 2);
    const expected = new Map([...rows, ...changed].map((row) => [JSON.stringify(row.slice(0, types.length)), row]));
    const again = await full(types, [...expected.values()]);
    expect(await content(table)).toEqual(await content(again));
  });
});

describe('rows are staged as ever where a key of equal values can be spelt in other bytes', () => {
  it.each([
    ['numeric', 'numeric', (at: number): Field => at],
    ['double precision', 'double precision', (at: number): Field => at + 0.5],
    ['character(8)', 'character(8)', (at: number): Field => `k${at}`],
    [
      'timestamp(0)',
      'timestamp(0)',
      (at: number): Field => new Date(Date.UTC(1999, 0, 1, at)).toISOString().slice(0, 19),
    ],
  ])('%s', async (_name, type, keyOf) => {
    const rows = Array.from({ length: ROWS }, (_, at): Field[] => [keyOf(at), `value ${at}`, PAD]);
    const table = await full([type], rows);
    expect(await upsertRows(table, rows)).toMatchObject({ rows: ROWS, staged: ROWS });
  });

  it('a collation that takes different texts for equal', async () => {
    await setting.ask(
      `CREATE COLLATION IF NOT EXISTS public.no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
    );
    const rows = Array.from({ length: ROWS }, (_, at): Field[] => [
      `key${String(at).padStart(5, '0')}`,
      `value ${at}`,
      PAD,
    ]);
    const table = await full(
      ['text'],
      rows,
      (made) => `ALTER TABLE ${quoteTable(made)} ALTER c0 TYPE text COLLATE public.no_case`,
    );
    expect(await setting.ask(`SELECT count(*)::int FROM ${quoteTable(table)} WHERE c0 = 'KEY00007'`)).toBe(1);
    // The first row of a key is another spelling of it; the last one is the live row.
    const source = [['KEY01900', 'changed', PAD], ...rows];
    expect(await upsertRows(table, source)).toMatchObject({ rows: ROWS + 1, staged: ROWS + 1 });
    expect(
      await setting.ask(
        `SELECT value FROM (SELECT c1 AS value FROM ${quoteTable(table)} WHERE c0 = 'key01900') AS one`,
      ),
    ).toBe('value 1900');
  });
});

it('of a varchar that loses spaces beyond its length, the last row of the key wins', async () => {
  const rows = Array.from({ length: ROWS }, (_, at): Field[] => [
    `k${String(at).padStart(4, '0')}`,
    `value ${at}`,
    PAD,
  ]);
  const table = await full(['varchar(5)'], rows);
  const source = [...rows.slice(0, 1_500), ['k1900  ', 'changed', PAD], ...rows.slice(1_500)];
  const { rows: arrived, staged } = await upsertRows(table, source);
  expect(arrived).toBe(ROWS + 1);
  expect(staged).toBeLessThan(1_100);
  expect(await setting.ask(`SELECT c1 FROM ${quoteTable(table)} WHERE c0 = 'k1900'`)).toBe('value 1900');
});

it('rows of all kinds of values are the same as those that the server holds, however the source spells them', async () => {
  const columns = ['integer', 'numeric', 'numeric(12,3)', 'jsonb', 'json', 'boolean', 'real', 'double precision', 'timestamptz', 'varchar(20)', 'bytea', 'time', 'text']
    .map((type, index) => ({ name: `c${index}`, type })); // prettier-ignore
  const table = setting.table(columns, ['c0']);
  const rows = Array.from({ length: ROWS }, (_, at): Field[] => [
    at,
    ['0.0', '-0', '100000000.500000', '0.00050000', '-12345678901234567890.1200', '7', '1e3', null][at % 8] ?? null,
    ['1.5', '-0.001', '1000000', '0', '99.12', null][at % 6] ?? null,
    [`{"b":${at},"a":[1,2,{"z":"\u00e9 \\n","y":null}]}`, ' [ ] ', '{"long key":1,"k":{}}', '"text, \\"quoted\\""', null][at % 5] ?? null,
    '{"a":1,  "a":2}',
    at % 2 === 0 ? 'true' : 'f',
    at / 8,
    at / 7,
    new Date(Date.UTC(2020, 0, 1, 0, at)).toISOString(),
    at % 3 === 0 ? '' : `text, ${at}`,
    `\\x${hex(at)}`,
    '10:20:30.5',
    PAD.slice(300),
  ]); // prettier-ignore
  await ingest(setting.postgres, [table], () => [
    { highWatermark: null, rows: { table, csv: Readable.from([csvOf(names(table), rows)]) } },
  ]);
  expect(await upsertRows(table, rows)).toMatchObject({ rows: ROWS, staged: 0 });
});

it('a number with other zeros is another value where its column keeps them', async () => {
  const table = setting.table([{ name: 'id', type: 'integer' }, { name: 'value', type: 'numeric' }, { name: 'doc', type: 'jsonb' }, { name: 'pad', type: 'text' }], ['id']); // prettier-ignore
  const rows = Array.from({ length: ROWS }, (_, id): Field[] => [id, '1.50', '{"n":1.0}', PAD]);
  await ingest(setting.postgres, [table], () => [
    { highWatermark: null, rows: { table, csv: Readable.from([csvOf(names(table), rows)]) } },
  ]);
  const source = rows.map(([id = 0, ...others]) =>
    id === 500 ? [id, '1.5', '{"n":1.0}', PAD] : id === 600 ? [id, '1.50', '{"n":1.00}', PAD] : [id, ...others],
  );
  expect(await upsertRows(table, source)).toMatchObject({ rows: ROWS, staged: 2 });
  expect(await setting.ask(`SELECT value::text FROM ${quoteTable(table)} WHERE id = 500`)).toBe('1.5');
  expect(await setting.ask(`SELECT doc::text FROM ${quoteTable(table)} WHERE id = 600`)).toBe('{"n": 1.00}');
});

it('rows of JavaScript and of a DuckDB query are left out, too', async () => {
  const table = setting.table(
    [
      { name: 'id', type: 'integer' },
      { name: 'value', type: 'text' },
      { name: 'doc', type: 'jsonb' },
      { name: 'pad', type: 'text' },
    ],
    ['id'],
  );
  const rows = Array.from({ length: ROWS }, (_, id) => [
    id,
    id % 5 === 0 ? null : `value ${id}`,
    { z: id, a: [] },
    PAD,
  ]);
  const pairs = rows.map((row) => [table, row] as const);
  await ingest(setting.postgres, [table], () => [{ highWatermark: null, rows: pairs }]);
  const fromRows = javaScriptPortions(pairs, [table], 1_000);
  expect(await upsertPortions(setting.postgres, table, fromRows)).toMatchObject({ rows: ROWS, staged: 0 });
  const query = `SELECT i::INTEGER AS id, CASE WHEN i % 5 <> 0 THEN 'value ' || i END AS value,
    ('{"z": ' || i || ', "a": []}')::JSON AS doc, '${PAD}' AS pad FROM range(${ROWS}) AS r(i) ORDER BY i`;
  const fromDuck = duckPortions(query, table, undefined);
  expect(await upsertPortions(setting.postgres, table, fromDuck)).toMatchObject({ rows: ROWS, staged: 0 });
});
