import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { JSON_NULL } from '../connectors/postgres/encode/json.js';
import { copyRows, readBack } from './support/encoded-rows.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await openDatabase();
  client = await database.connect();
  // What the server prints must not depend on who runs it.
  await client.query(
    `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET lc_monetary = 'C'`,
  );
  await client.query(`
    CREATE TYPE mood AS ENUM ('sad', 'it''s "fine", \\ ok', 'NULL', '');
    CREATE DOMAIN positive AS integer CHECK (value > 0);
    CREATE DOMAIN positives AS positive[];
    CREATE TYPE point3 AS (x integer, label text, "odd ""name""" numeric(10,2)[]);
    CREATE TYPE line3 AS (a point3, b point3);
    CREATE TYPE empty_row AS ();
    CREATE TYPE text_range AS RANGE (subtype = text);
  `);
});

afterAll(() => database.close());

const utc = (text: string): Date => new Date(text);

/** A type, a value as JavaScript has it, and what the server prints of it. */
const CASES: readonly [type: string, value: unknown, printed: string | null][] = [
  ['smallint', -32_768, '-32768'],
  ['integer', 2_147_483_647, '2147483647'],
  ['integer', -0, '0'],
  ['integer', '7', '7'],
  ['bigint', 9_223_372_036_854_775_807n, '9223372036854775807'],
  ['bigint', '-9223372036854775808', '-9223372036854775808'],
  ['bigint', Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ['oid', 4_294_967_295, '4294967295'],
  [
    'numeric',
    '123456789012345678901234567890.123456789012345678901234567890',
    '123456789012345678901234567890.123456789012345678901234567890',
  ],
  ['numeric', 10n ** 40n, `1${'0'.repeat(40)}`],
  ['numeric', 0.1, '0.1'],
  ['numeric', 1e-7, '0.0000001'],
  ['numeric', '1E+3', '1000'],
  ['numeric(6,2)', 1.239, '1.24'],
  ['numeric', NaN, 'NaN'],
  ['numeric', Infinity, 'Infinity'],
  ['numeric', -Infinity, '-Infinity'],
  ['money', '12.34', '$12.34'],
  ['real', 3.4e38, '3.4e+38'],
  ['real', NaN, 'NaN'],
  ['double precision', -0, '-0'],
  ['double precision', 5e-324, '5e-324'],
  ['double precision', 1.7976931348623157e308, '1.7976931348623157e+308'],
  ['double precision', 2 ** 60, '1.152921504606847e+18'],
  ['double precision', Infinity, 'Infinity'],
  ['double precision', -Infinity, '-Infinity'],
  ['double precision', 12n, '12'],
  ['boolean', true, 'true'],
  ['boolean', false, 'false'],
  ['boolean', 'yes', 'true'],
  ['text', 'plain', 'plain'],
  ['text', '', ''],
  ['text', '\\N', '\\N'],
  ['text', '\\.', '\\.'],
  ['text', 'NULL', 'NULL'],
  [
    'text',
    'tab\tnewline\nreturn\rback\\slash "quotes" \'single\', comma',
    'tab\tnewline\nreturn\rback\\slash "quotes" \'single\', comma',
  ],
  ['text', '\u0001\u0008\u000b\u000c\u001b\u007f\u0080\u009f', '\u0001\u0008\u000b\u000c\u001b\u007f\u0080\u009f'],
  [
    'text',
    'äöü ñ çelik — 漢字 🎉👩‍👩‍👧 \ufeff\ufffd\uffff\u{10ffff}',
    'äöü ñ çelik — 漢字 🎉👩‍👩‍👧 \ufeff\ufffd\uffff\u{10ffff}',
  ],
  ['text', 'long and plain '.repeat(20), 'long and plain '.repeat(20)],
  ['text', `${'long '.repeat(20)}with a \\ and ä at its end`, `${'long '.repeat(20)}with a \\ and ä at its end`],
  ['text', ' padded ', ' padded '],
  ['text', 42, '42'],
  ['text', 42n, '42'],
  ['varchar(3)', 'äöü', 'äöü'],
  ['char(5)', 'ab', 'ab'],
  ['name', 'a name', 'a name'],
  ['"char"', 'c', 'c'],
  ['bytea', Buffer.from([0x80, 0x00, 0x5c, 0xff]), '\\x80005cff'],
  ['bytea', new Uint8Array([1, 2]), '\\x0102'],
  ['bytea', new Uint8Array([1, 2, 3]).subarray(1, 2), '\\x02'],
  ['bytea', new Uint8Array([9, 8]).buffer, '\\x0908'],
  ['bytea', Buffer.alloc(0), '\\x'],
  ['bytea', '\\x00fF', '\\x00ff'],
  ['date', utc('2024-02-29T00:00:00Z'), '2024-02-29'],
  ['date', '0044-03-15 BC', '0044-03-15 BC'],
  ['date', utc('-000043-03-15T00:00:00Z'), '0044-03-15 BC'],
  ['date', utc('+012345-06-07T00:00:00Z'), '12345-06-07'],
  ['date', 'infinity', 'infinity'],
  ['date', '-infinity', '-infinity'],
  ['time', '23:59:59.999999', '23:59:59.999999'],
  ['timetz', '12:00:00+05:30', '12:00:00+05:30'],
  ['timestamp', utc('2024-02-29T13:05:09.007Z'), '2024-02-29 13:05:09.007'],
  ['timestamp', '2024-02-29 13:05:09.123456', '2024-02-29 13:05:09.123456'],
  ['timestamptz', utc('2024-02-29T13:05:09.070Z'), '2024-02-29 13:05:09.07+00'],
  ['timestamptz', utc('1969-12-31T23:59:59.999Z'), '1969-12-31 23:59:59.999+00'],
  ['timestamptz', utc('0000-01-01T00:00:00Z'), '0001-01-01 00:00:00+00 BC'],
  ['timestamptz', utc('-004712-01-01T10:11:12.013Z'), '4713-01-01 10:11:12.013+00 BC'],
  ['timestamptz', utc('0099-12-31T23:00:00Z'), '0099-12-31 23:00:00+00'],
  ['timestamptz', utc('+275760-09-13T00:00:00.000Z'), '275760-09-13 00:00:00+00'],
  ['timestamptz', '2024-02-29 13:05:09.123456+05:45', '2024-02-29 07:20:09.123456+00'],
  ['timestamptz', 'infinity', 'infinity'],
  ['timestamptz', '-infinity', '-infinity'],
  ['interval', '1 day, 0:00:05', '1 day 00:00:05'],
  [
    'interval',
    { years: 1, months: -2, days: 3, hours: 4, minutes: 5, seconds: 6.5, milliseconds: 7 },
    '10 mons 3 days 04:05:06.507',
  ],
  ['interval', {}, '00:00:00'],
  ['uuid', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ['inet', '192.168.0.1/24', '192.168.0.1/24'],
  ['cidr', '2001:db8::/32', '2001:db8::/32'],
  ['macaddr', '08:00:2b:01:02:03', '08:00:2b:01:02:03'],
  ['bit(3)', '101', '101'],
  ['varbit', '10101', '10101'],
  ['tsvector', `'a' 'cat''s':2 'fat\\\\':1A`, `'a' 'cat''s':2 'fat\\\\':1A`],
  ['tsquery', `'fat' & 'rat'`, `'fat' & 'rat'`],
  ['xml', '<a b="c">d &amp; e</a>', '<a b="c">d &amp; e</a>'],
  ['jsonpath', '$.a[*]', '$."a"[*]'],
  ['point', '(1.5,-2)', '(1.5,-2)'],
  ['box', '(2,2),(1,1)', '(2,2),(1,1)'],
  [
    'json',
    { b: 1, a: [true, null, 'x\ty"\\z', 'ä🎉', 1.5e300] },
    '{"b":1,"a":[true,null,"x\\ty\\"\\\\z","ä🎉",1.5e+300]}',
  ],
  ['json', 'text', '"text"'],
  ['json', '', '""'],
  ['json', 0, '0'],
  ['json', false, 'false'],
  ['json', [], '[]'],
  ['json', JSON_NULL, 'null'],
  ['json', { at: utc('2024-02-29T00:00:00Z'), 'a "key"': {} }, '{"at":"2024-02-29T00:00:00.000Z","a \\"key\\"":{}}'],
  [
    'jsonb',
    { big: 9_223_372_036_854_775_807n, u: '\u001f\u2028' },
    '{"u": "\\u001f\u2028", "big": 9223372036854775807}',
  ],
  ['jsonb', { text: '\\u0000 is no NUL' }, '{"text": "\\\\u0000 is no NUL"}'],
  ['jsonb', [1, [2, [JSON_NULL]]], '[1, [2, [null]]]'],
  ['jsonb', null, null],
  ['mood', 'it\'s "fine", \\ ok', 'it\'s "fine", \\ ok'],
  ['mood', '', ''],
  ['positive', 3, '3'],
  ['positives', [1, 2], '{1,2}'],
  ['integer[]', [1, null, 3], '{1,NULL,3}'],
  ['integer[]', [], '{}'],
  ['integer[]', [[], []], '{}'],
  [
    'integer[]',
    [
      [1, 2],
      [3, null],
    ],
    '{{1,2},{3,NULL}}',
  ],
  [
    'integer[]',
    [
      [[1], [2]],
      [[3], [4]],
    ],
    '{{{1},{2}},{{3},{4}}}',
  ],
  ['integer[]', '[0:1]={5,6}', '[0:1]={5,6}'],
  ['bigint[]', [1n, '2', 3], '{1,2,3}'],
  [
    'text[]',
    ['', 'NULL', 'null', 'a,b', '{c}', '"d"', '\\e', ' f ', 'g\th\ni', 'ä🎉', null],
    '{"","NULL","null","a,b","{c}","\\"d\\"","\\\\e"," f ","g\th\ni",ä🎉,NULL}',
  ],
  ['varchar(2)[]', [['ab', 'c']], '{{ab,c}}'],
  ['boolean[]', [true, false, null], '{t,f,NULL}'],
  ['double precision[]', [NaN, -0, Infinity], '{NaN,-0,Infinity}'],
  ['numeric[]', ['1.10', NaN], '{1.10,NaN}'],
  ['date[]', [utc('2024-02-29T00:00:00Z'), 'infinity'], '{2024-02-29,infinity}'],
  ['timestamptz[]', [utc('2024-02-29T13:05:09Z')], '{"2024-02-29 13:05:09+00"}'],
  ['bytea[]', [Buffer.from([0, 255]), '\\x10'], '{"\\\\x00ff","\\\\x10"}'],
  ['box[]', ['(2,2),(1,1)', '(4,4),(3,3)'], '{(2,2),(1,1);(4,4),(3,3)}'],
  ['mood[]', ['NULL', 'sad'], '{"NULL",sad}'],
  ['jsonb[]', [{ a: '"' }, [1, 2], JSON_NULL, null], '{"{\\"a\\": \\"\\\\\\"\\"}","[1, 2]","null",NULL}'],
  ['int4range', { lower: 1, upper: 5 }, '[1,5)'],
  ['int4range', { lower: 1, upper: 5, lowerInclusive: false, upperInclusive: true }, '[2,6)'],
  ['int4range', { lower: null, upper: 5 }, '(,5)'],
  ['int4range', { lower: null, upper: null, lowerInclusive: false, upperInclusive: false }, '(,)'],
  ['int4range', { empty: true }, 'empty'],
  ['int4range', '[1, 5)', '[1,5)'],
  ['numrange', { lower: '1.10', upper: Infinity, upperInclusive: true }, '[1.10,Infinity]'],
  ['daterange', { lower: utc('2024-02-29T00:00:00Z'), upper: 'infinity' }, '[2024-02-29,infinity)'],
  ['tstzrange', { lower: utc('2024-02-29T01:02:03Z'), upper: null }, '["2024-02-29 01:02:03+00",)'],
  ['text_range', { lower: 'a "b", \\', upper: 'c)', upperInclusive: true }, '["a ""b"", \\\\","c)"]'],
  ['int4range[]', [{ lower: 1, upper: 2 }, null, 'empty'], '{"[1,2)",NULL,empty}'],
  [
    'int4multirange',
    [
      { lower: 1, upper: 3 },
      { lower: 5, upper: null },
    ],
    '{[1,3),[5,)}',
  ],
  ['int4multirange', [], '{}'],
  ['int4multirange', '{[1,3)}', '{[1,3)}'],
  ['int4multirange[]', [[{ lower: 1, upper: 3 }], []], '{"{[1,3)}","{}"}'],
  ['point3', [1, 'a, "b" (c) \\', ['1.5', null]], '(1,"a, ""b"" (c) \\\\","{1.50,NULL}")'],
  ['point3', { label: '', x: null, 'odd "name"': null }, '(,"",)'],
  ['point3', '(1,a,)', '(1,a,)'],
  ['line3', { a: [1, 'a"', null], b: null }, '("(1,""a"""""",)",)'],
  ['point3[]', [[1, 'a', null], { x: 2, label: null, 'odd "name"': [] }, null], '{"(1,a,)","(2,,{})",NULL}'],
  ['empty_row', [], '()'],
];

describe('a value of JavaScript arrives as the value of its column', () => {
  it.each(CASES)('%s: %p', async (type, value, printed) => {
    await client.query(`DROP TABLE IF EXISTS one; CREATE TABLE one (id integer, value ${type})`);
    await copyRows(client, 'one', [
      [1, value],
      [2, null],
      [3, value],
    ]);
    // char(n) as text has lost its padding, and a boolean prints so.
    expect(await readBack(client, 'one')).toEqual([printed, null, printed]);
    if (typeof value === 'string' && value === printed)
      expect((await client.query('SELECT 1 FROM one WHERE value::text = $1', [value])).rowCount).toBe(2);
  });

  it('[acceptance 1] INTEGER, VARCHAR, DATE, null, integer ARRAY, JSON, JSONB and BYTEA arrive exactly', async () => {
    await client.query(
      `CREATE TABLE line1 (a integer, b varchar, c date, d date, e integer[], f json, g jsonb, h bytea)`,
    );
    const row = [
      1,
      'ab\tc\\',
      '2024-02-29',
      null,
      [1, 2, 3],
      { x: ['\\', '"'] },
      { y: null },
      Buffer.from([0x80, 0x00]),
    ];
    await copyRows(client, 'line1', [row, row]);
    const { rows } = await client.query('SELECT a, b, c::text, d, e, f, g, h FROM line1');
    const read = { a: 1, b: 'ab\tc\\', c: '2024-02-29', d: null, e: [1, 2, 3], f: { x: ['\\', '"'] }, g: { y: null } };
    expect(rows).toEqual([1, 2].map(() => ({ ...read, h: Buffer.from([0x80, 0x00]) })));
  });

  it('every character that PostgreSQL holds arrives as it is', async () => {
    const characters = Array.from({ length: 0x110000 - 1 }, (_, index) => index + 1).filter(
      (point) => point < 0xd800 || point > 0xdfff,
    );
    const texts: string[] = [];
    for (let start = 0; start < characters.length; start += 1_000)
      texts.push(String.fromCodePoint(...characters.slice(start, start + 1_000)));
    await client.query('CREATE TABLE characters (value text)');
    await copyRows(
      client,
      'characters',
      texts.map((text) => [text]),
    );
    expect(await readBack(client, 'characters', 'value')).toEqual(texts);
  });

  it('a row of megabytes and many small ones after it are whole', async () => {
    const texts = [
      'x'.repeat(3_000_000),
      'ä\\'.repeat(1_000_000),
      ...Array.from({ length: 1_000 }, (_, index) => `t${index}`),
    ];
    await client.query('CREATE TABLE sizes (value text)');
    await copyRows(
      client,
      'sizes',
      texts.map((text) => [text]),
    );
    expect(await readBack(client, 'sizes', 'value')).toEqual(texts);
  });

  it('reads the same under another DateStyle and IntervalStyle of the session', async () => {
    await client.query(`CREATE TABLE styles (value text, a date, b timestamptz, c interval)`);
    await client.query(`SET DateStyle = 'German, DMY'; SET IntervalStyle = 'iso_8601'; SET TimeZone = 'Asia/Kolkata'`);
    try {
      await copyRows(client, 'styles', [
        ['', utc('2024-01-02T00:00:00Z'), utc('-000043-03-04T05:06:07Z'), { days: -1, seconds: 2 }],
      ]);
    } finally {
      await client.query(`SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'`);
    }
    expect(await readBack(client, 'styles', `concat_ws(' / ', a, b, c)`)).toEqual([
      '2024-01-02 / 0044-03-04 05:06:07+00 BC / -1 days +00:00:02',
    ]);
  });
});
