import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { ingest, JSON_NULL } from '../connectors/postgres/index.js';
import { copyIn } from '../connectors/postgres/copy.js';
import { BinaryEncoder } from '../connectors/postgres/encode/binary-encoder.js';
import { readColumnTypes } from '../connectors/postgres/encode/column-types.js';
import { createRowEncoder } from '../connectors/postgres/encode/row-encoder.js';
import { once, openIngestSetting, rejection, type IngestSetting } from './support/ingest.js';

let setting: IngestSetting;
let client: pg.Client;
beforeAll(async () => {
  setting = await openIngestSetting();
  client = await setting.database.connect();
  await client.query(
    `SET DateStyle = 'ISO'; CREATE TYPE mood AS ENUM ('glad', 'très "sad"'); CREATE DOMAIN small AS integer CHECK (VALUE < 9)`,
  );
});
afterAll(() => setting.close());

async function columnsOf(type: string) {
  await client.query(`DROP TABLE IF EXISTS rows; CREATE TABLE rows (v ${type})`);
  return readColumnTypes(client, { schema: 'public', name: 'rows' });
}

async function bytesAfter(format: string, bytes: readonly Buffer[]): Promise<string[]> {
  async function* chunks() {
    for (const chunk of bytes) yield await Promise.resolve(chunk);
  }
  await copyIn(client, `COPY rows FROM STDIN WITH (${format})`, chunks());
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT encode(record_send(rows), 'hex') AS bytes FROM rows ORDER BY ctid`,
  );
  return rows.map((row) => row.bytes);
}

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);

describe('JavaScript values in binary are what their text would be', () => {
  it.each<[type: string, values: unknown[]]>([
    ['smallint', [0, -0, 32_767, -32_768, '7', 5n, null]],
    ['integer', [2_147_483_647, -2_147_483_648, '00501', 5n]],
    ['bigint', [2 ** 53 - 1, -(2 ** 53) + 1, -1, 2n ** 63n - 1n, -(2n ** 63n), '9007199254740993', 4_294_967_296]],
    ['small', [8, '-3', null]],
    ['numeric', [0, -0, 1.1, 1e-7, 1.5e-10, 123456.789, '1.10', '-0.000', 10n ** 30n, null]],
    ['numeric(6,2)', [1.005, '9999.994']],
    ['double precision', [0, -0, 0.1, NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308, '1.50', 10n]],
    ['real', [0, -0, 0.1, 1 / 3, '1.5', 3e37]],
    ['boolean', [true, false, 't', 'off', null]],
    [
      'date',
      [
        day('2024-02-29'),
        day('1999-12-31'),
        day('0001-01-01'),
        new Date(Date.UTC(-1, 0, 1)),
        day('9999-12-31'),
        '2024-01-01',
      ],
    ],
    [
      'timestamp',
      [
        new Date(0),
        new Date(-1),
        new Date('2024-02-29T12:34:56.789Z'),
        new Date(Date.UTC(-4000, 5, 6, 7, 8, 9, 123)),
        new Date(8_640_000_000_000_000 - 1),
        '2024-01-01 00:00:00.123456',
      ],
    ],
    ['timestamp(0)', [new Date('2024-02-29T12:34:56.500Z'), new Date('1999-02-28T12:34:55.500Z')]],
    [
      'timestamptz',
      [new Date(0), new Date(-62_135_596_800_001), new Date('2024-02-29T12:34:56.789Z'), '2024-01-01T00:00:00+05:30'],
    ],
    [
      'text',
      [
        '',
        'a\tb\\N\n',
        'Zürich 東京 🏔️',
        'x'.repeat(100),
        'é'.repeat(100),
        `${'x'.repeat(300_000)}ü`,
        '\u007f\u0080\u07ff\u0800\uffff',
        1.5,
        7n,
        null,
      ],
    ],
    ['varchar(3)', ['abc', 'äöü', 'abc  ']],
    ['char(4)', ['a', 'abcd  ']],
    ['mood', ['glad', 'très "sad"']],
    ['json', [{ a: [1, null, 'x"y\n'] }, 'text', 1.5, true, JSON_NULL, [], null]],
    ['jsonb', [{ b: 1, a: { ü: '\t' } }, 'text', 12n, false, JSON_NULL, { when: new Date(0) }]],
    ['uuid', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
    [
      'bytea',
      [
        Buffer.from([0, 255]),
        new Uint8Array(),
        new Uint8Array([1, 2, 3]).subarray(1),
        '\\xDEad',
        Buffer.alloc(100_000, 7),
      ],
    ],
    ['time', ['12:34:56.7']],
  ])('%s', async (type, values) => {
    const columns = await columnsOf(type);
    const text = createRowEncoder(columns, { table: 'rows' });
    for (const [index, value] of values.entries()) text.add([value], index + 1);
    const wanted = await bytesAfter('FORMAT text', [text.take()]);
    await client.query('TRUNCATE rows');
    const binary = BinaryEncoder.of(columns, { table: 'rows' });
    if (binary === undefined) throw new TypeError('not in binary');
    expect(values.map((value, index) => binary.add([value], index + 1))).toEqual(values.map(() => true));
    expect(await bytesAfter('FORMAT binary', [binary.end()])).toEqual(wanted);
  });

  it.each<[type: string, value: unknown]>([
    ['smallint', 32_768], ['integer', '1_000'], ['bigint', 2n ** 63n], ['numeric', 'NaN'], ['numeric', NaN], ['real', 16_777_217],
    ['date', 'infinity'], ['date', day('-005000-01-01')], ['timestamptz', '2024-01-01 00:00:00'], ['timestamp', new Date(Date.UTC(-4800, 0, 1))],
    ['boolean', 'tru'], ['uuid', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'], ['time', '12:34'],
  ])('%s: what is not sure, or not in range, is left to the text: %p', async (type, value) => {
    expect(BinaryEncoder.of(await columnsOf(type), { table: 'rows' })?.add([value], 1)).toBe(false);
  }); // prettier-ignore

  it.each(['inet', 'integer[]', 'int4range', 'interval', 'name', 'xml', 'money'])(
    'a table with %s goes as text',
    async (type) => {
      expect(BinaryEncoder.of(await columnsOf(type), { table: 'rows' })).toBeUndefined();
    },
  );

  it('a row that does not fit is not written, and the next one can be', async () => {
    const binary = BinaryEncoder.of(await columnsOf('integer'), { table: '"public"."rows"' });
    expect(binary?.add([1], 1)).toBe(true);
    expect(() => binary?.add([1.5], 2)).toThrow('Table "public"."rows", row 2, column "v": a number that is not whole');
    expect(() => binary?.add([undefined], 3)).toThrow('row 3');
    expect(() => binary?.add([1, 2], 4)).toThrow('2 values for 1 columns');
    expect(binary?.add(['x'], 5)).toBe(false);
    expect(binary?.add([null], 6)).toBe(true);
    if (binary === undefined) return;
    expect(await bytesAfter('FORMAT binary', [binary.take(), binary.end()])).toHaveLength(2);
  });
});

describe('rows of a batch', () => {
  const columns = [
    { name: 'n', type: 'integer' },
    { name: 'v', type: 'numeric' },
  ];
  const rows = (odd: Record<number, unknown>): unknown[][] =>
    Array.from({ length: 30_000 }, (_, index) => [index + 1, odd[index] ?? '1.5']);

  it('arrive in order and once, whatever way each of them takes', async () => {
    const table = setting.table(columns);
    const result = await ingest(setting.postgres, [table], once(table, rows({ 20_000: 'NaN', 20_001: 'Infinity' })));
    expect(result.rows).toBe(30_000);
    expect(
      await setting.ask(
        `SELECT string_agg(n::text, ',' ORDER BY ctid) = (SELECT string_agg(i::text, ',' ORDER BY i) FROM generate_series(1, 30000) AS s(i)) FROM target.${table.name}`,
      ),
    ).toBe(true);
    expect(
      await setting.ask(
        `SELECT array_agg(n ORDER BY n)::text FROM target.${table.name} WHERE v IN ('NaN', 'Infinity')`,
      ),
    ).toBe('{20001,20002}');
  });

  it.each([
    ['in binary', {}, 25_000],
    ['in text behind it', { 20_000: 'NaN' }, 25_000],
    ['that makes it text', {}, 0],
  ])('that cannot be read are told by their number, %s', async (_, odd, bad) => {
    const table = setting.table(columns);
    const error = await rejection(ingest(setting.postgres, [table], once(table, rows({ ...odd, [bad]: 'secret' }))));
    expect(error).toMatchObject({ code: 'POSTGRES_BAD_VALUE', row: bad + 1, column: 'v' });
    expect(String(error)).not.toContain('secret');
    expect(await setting.oidOf(table)).toBeNull();
  });

  it('of two tables in turn keep their order, one of them in text from some row on', async () => {
    const [one, other] = [setting.table(columns), setting.table(columns)];
    const mixed = Array.from(
      { length: 5_000 },
      (_, index) => [index % 3 === 0 ? one : other, [index, index === 1_500 ? '-inf' : index]] as const,
    );
    await ingest(setting.postgres, [one, other], () => [{ highWatermark: 1, rows: mixed }], {
      maxRowsPerTableBuffer: 100,
    });
    for (const [table, rest] of [
      [one, [0]],
      [other, [1, 2]],
    ] as const)
      expect(await setting.ask(`SELECT string_agg(n::text, ',' ORDER BY ctid) FROM target.${table.name}`)).toBe(
        mixed.flatMap((_row, index) => (rest.some((wanted) => index % 3 === wanted) ? [index] : [])).join(','),
      );
  });
});
