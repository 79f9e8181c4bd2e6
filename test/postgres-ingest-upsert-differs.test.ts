import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest } from '../connectors/postgres/index.js';
import { readColumnTypes } from '../connectors/postgres/encode/column-types.js';
import { quickColumns } from '../connectors/postgres/load/differs.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { type IngestSetting, once, openIngestSetting } from './support/ingest.js';

const COLUMNS = [
  { name: 'id', type: 'integer' },
  { name: 'doc', type: 'json' },
  { name: 'factor', type: 'double precision' },
  { name: 'amount', type: 'numeric' },
  { name: 'Changed "at"', type: 'timestamptz' },
  { name: 'active', type: 'boolean' },
];
const [MONDAY, TUESDAY] = ['2026-01-05 00:00:00+00', '2026-01-06 00:00:00+00'];

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

describe('an upsert that compares some columns first', () => {
  it.each([
    ['by MERGE', false],
    ['by UPDATE and INSERT', true],
  ])('writes all rows that differ in any way, and no others, %s', async (_, hasRule) => {
    const table = setting.table(COLUMNS, ['id']);
    const before = [
      [0, { a: 1 }, '1', '1.0', MONDAY, true],
      [1, { a: 1 }, '1', '1.0', MONDAY, true],
      [2, { a: 1 }, '0', '1.0', MONDAY, true],
      [3, { a: 1 }, '1', '1.0', MONDAY, true],
      [4, { a: 1 }, '1', '1.0', MONDAY, true],
      [5, { a: 1 }, '1', '1.0', null, true],
      [6, { a: 1 }, '1', '1.0', MONDAY, true],
      [7, { a: 1 }, '1', '1.0', MONDAY, null],
      [8, null, 'NaN', null, null, null],
      [9, null, null, '1.0', null, null],
    ];
    await ingest(setting.postgres, [table], once(table, before));
    if (hasRule) await setting.ask(`CREATE RULE kept AS ON DELETE TO ${quoteTable(table)} DO INSTEAD NOTHING`);
    const place = `SELECT string_agg(id::text, ' ' ORDER BY id) FROM ${quoteTable(table)} WHERE ctid::text = ANY(ARRAY(SELECT was FROM places))`;
    await setting.ask('DROP TABLE IF EXISTS places');
    await setting.ask(`CREATE TABLE places AS SELECT ctid::text AS was FROM ${quoteTable(table)}`);
    await ingest(
      setting.postgres,
      [table],
      once(table, [
        [0, { a: 1 }, '1', '1.0', MONDAY, true],
        // Equal, and yet another number.
        [1, { a: 1 }, '1', '1.00', MONDAY, true],
        [2, { a: 1 }, '-0', '1.0', MONDAY, true],
        [3, { a: 2 }, '1', '1.0', MONDAY, true],
        [4, { a: 1 }, '1', '1.0', TUESDAY, true],
        [5, { a: 1 }, '1', '1.0', MONDAY, true],
        [6, { a: 1 }, '1', '1.0', null, true],
        [7, { a: 1 }, '1', '1.0', MONDAY, false],
        [8, null, 'NaN', null, null, null],
        [9, null, null, '1.00', null, null],
        [10, null, null, null, null, null],
      ]),
    );
    expect(await setting.ask(place)).toBe('0 8');
    const text = `SELECT array_agg(concat_ws(' ', id, doc, factor, amount, "Changed ""at""", active) ORDER BY id)::text[] FROM ${quoteTable(table)}`;
    expect(await setting.ask(text)).toEqual([
      `0 {"a":1} 1 1.0 ${MONDAY} t`,
      `1 {"a":1} 1 1.00 ${MONDAY} t`,
      `2 {"a":1} -0 1.0 ${MONDAY} t`,
      `3 {"a":2} 1 1.0 ${MONDAY} t`,
      `4 {"a":1} 1 1.0 ${TUESDAY} t`,
      `5 {"a":1} 1 1.0 ${MONDAY} t`,
      '6 {"a":1} 1 1.0 t',
      `7 {"a":1} 1 1.0 ${MONDAY} f`,
      '8 NaN',
      '9 1.00',
      '10',
    ]);
  });

  it('chooses few, of the types that have an operator of the server itself, those that tell of a change first', async () => {
    const table = setting.table(COLUMNS, ['id']);
    await setting.ask('CREATE DOMAIN day AS date');
    await setting.ask(
      `CREATE TABLE ${quoteTable(table)} (id int PRIMARY KEY, gone timestamptz, note text, "due on" day, active bool, amount numeric, factor float8, "Changed ""at""" timestamptz, place point)`,
    );
    await setting.ask(`ALTER TABLE ${quoteTable(table)} DROP COLUMN gone`);
    const columns = await setting.postgres.use((client) => readColumnTypes(client, table));
    const named = (...names: string[]) => columns.filter(({ name }) => names.includes(name));
    expect(quickColumns(columns)).toEqual(['Changed "at"', 'id']);
    expect(quickColumns(named('note', 'due on', 'factor', 'active', 'place'))).toEqual(['factor', 'active']);
    expect(quickColumns(named('note', 'due on', 'amount', 'place'))).toEqual([]);
  });
});
