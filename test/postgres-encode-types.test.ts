import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { COLUMN_VALUES, utc } from './support/column-values.js';
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

describe('a value of JavaScript arrives as the value of its column', () => {
  it.each(COLUMN_VALUES)('%s: %p', async (type, value, printed) => {
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
