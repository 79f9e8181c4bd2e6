import { describe, expect, it } from '@jest/globals';
import { bad, QUARANTINE, quarantineSite } from './support/quarantine.js';
import { refusalOf } from './support/told-of.js';

const site = quarantineSite();
const { sort, quarantined } = site;

describe('rows of JavaScript', () => {
  it('that do not fit go to the quarantine with the reason, the others arrive in their order', async () => {
    await site.client.query(
      `CREATE TABLE target (id integer NOT NULL, name varchar(5), amount numeric(6,2), at date, data jsonb, raw bytea)`,
    );
    const fine = ['ok', '1.50', '2024-02-29', { a: [1] }, Buffer.from([0, 255])];
    const told = { name: 'ok', amount: '1.50', at: '2024-02-29', data: '{"a":[1]}', raw: '\\x00ff' };
    const result = await sort(
      [
        [1, ...fine],
        [null, ...fine],
        [2 ** 40, ...fine],
        [3.5, ...fine],
        ['x', ...fine],
        [2, 'too long', ...fine.slice(1)],
        [3, 'äöü🎉.', ...fine.slice(1)],
        [4, 'a\0b', ...fine.slice(1)],
        [5, '\ud800', ...fine.slice(1)],
        [6, 'ok', '12345.6', ...fine.slice(2)],
        [7, 'ok', '1.50', '2023-02-29', ...fine.slice(3)],
        [8, 'ok'],
        [9, 'ok', undefined, null, NaN, null],
        [10, null, null, null, null, null],
      ],
      101,
    );
    expect(result).toMatchObject({ rows: 3, quarantined: 11 });
    expect(result.good).toMatchObject([
      { id: 1, name: 'ok', amount: '1.50', data: { a: [1] }, raw: Buffer.from([0, 255]) },
      { id: 3, name: 'äöü🎉.' },
      { id: 10, name: null, data: null },
    ]);
    expect(result.bad).toEqual([
      bad(102, 'id', 'POSTGRES_NOT_NULL', { id: null, ...told }),
      bad(103, 'id', 'POSTGRES_OUT_OF_RANGE', { id: '1099511627776', ...told }),
      bad(104, 'id', 'POSTGRES_BAD_VALUE', { id: '3.5', ...told, raw: '\\x00ff' }),
      bad(105, 'id', 'POSTGRES_BAD_VALUE', { id: 'x', ...told }),
      bad(106, 'name', 'POSTGRES_TOO_LONG', { id: '2', ...told, name: 'too long' }),
      bad(108, 'name', 'POSTGRES_BAD_VALUE', { id: '4', ...told, name: 'a\ufffdb' }),
      bad(109, 'name', 'POSTGRES_BAD_VALUE', { id: '5', ...told, name: '\ufffd' }),
      bad(110, 'amount', 'POSTGRES_OUT_OF_RANGE', { id: '6', ...told, amount: '12345.6' }),
      bad(111, 'at', 'POSTGRES_OUT_OF_RANGE', { id: '7', ...told, at: '2023-02-29' }),
      bad(112, null, 'POSTGRES_ROW_WIDTH', ['8', 'ok']),
      bad(113, 'amount', 'POSTGRES_BAD_VALUE', { id: '9', name: 'ok', amount: null, at: null, data: 'NaN', raw: null }),
    ]);
    expect(result.bad).toMatchObject(
      [
        { reason: 'null, and the column is NOT NULL (integer)' },
        { reason: 'a value is out of the range of its type (integer)' },
        { reason: 'a number that is not whole is no integer.' },
      ].concat(Array.from({ length: 8 }, () => expect.objectContaining({}) as never)),
    );
  });

  it('of every kind of type are checked as the server checks them', async () => {
    await site.client.query(`DROP SCHEMA IF EXISTS kinds CASCADE; CREATE SCHEMA kinds;
      CREATE TYPE kinds.mood AS ENUM ('sad', 'ok');
      CREATE DOMAIN kinds.positive AS integer NOT NULL CHECK (VALUE > 0);
      CREATE DOMAIN kinds.short AS varchar(2);
      CREATE TYPE kinds.pair AS (a varchar(2), b integer);
      CREATE TABLE target (a kinds.mood, b kinds.positive, c kinds.short, d kinds.pair, e varchar(2)[], f bit(3), g int4range, h char(3), i xml, "it's j" uuid)`);
    const fine = [
      'ok',
      1,
      'ab',
      ['ab', 1],
      ['ab'],
      '101',
      { lower: 1, upper: 2 },
      'abc',
      '<a/>',
      '00000000-0000-0000-0000-000000000001',
    ];
    const spoiled = (column: number, value: unknown): unknown[] =>
      fine.map((item, index) => (index === column ? value : item));
    const values = ['merry', 0, 'abc', ['abc', 1], ['ab', 'abc'], '1011', { lower: 2, upper: 1 }, 'abcd', '<a>', 'nil'];
    const result = await sort([
      fine,
      ...values.map((value, index) => spoiled(index, value)),
      spoiled(1, null),
      spoiled(3, '(a,x)'),
      fine,
    ]);
    expect(result).toMatchObject({ rows: 2, quarantined: 12 });
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', `it's j`, 'b', 'd'];
    expect(result.bad).toMatchObject(names.map((column, index) => ({ n: index + 2, column })));
    expect(result.bad).toMatchObject(
      [
        'BAD_VALUE',
        'CONSTRAINT',
        'TOO_LONG',
        'TOO_LONG',
        'TOO_LONG',
        'BAD_VALUE',
        'BAD_VALUE',
        'TOO_LONG',
        'BAD_VALUE',
        'BAD_VALUE',
        'NOT_NULL',
        'BAD_VALUE',
      ].map((code) => ({ code: `POSTGRES_${code}` })),
    );
    expect(result.bad[3]).toMatchObject({ row: { d: '("abc","1")', e: '{"ab"}' } });
  });

  it('that break a CHECK go there, with its name', async () => {
    await site.client.query(
      `CREATE TABLE target (n integer, "a b" integer, CONSTRAINT "small ""ones""" CHECK (n + "a b" < 10), CHECK ("a b" > 0))`,
    );
    const result = await sort([
      [1, 2],
      [9, 1],
      [null, 5],
      [1, -1],
      [9, 100],
    ]);
    expect(result.good).toEqual([
      { n: 1, 'a b': 2 },
      { n: null, 'a b': 5 },
    ]);
    expect(result.bad).toEqual([
      bad(2, null, 'POSTGRES_CONSTRAINT', { n: '9', 'a b': '1' }),
      bad(4, null, 'POSTGRES_CONSTRAINT', { n: '1', 'a b': '-1' }),
      bad(5, null, 'POSTGRES_CONSTRAINT', { n: '9', 'a b': '100' }),
    ]);
    expect(result.bad[0]).toMatchObject({ reason: 'a row breaks the constraint "small \\"ones\\""' });
  });

  it('that are all fine arrive as with COPY, and the quarantine is there and empty', async () => {
    await site.client.query('CREATE TABLE target (a text, b timestamptz[])');
    const text = 'tab\t, newline\n, \\N "quoted" {} 🎉';
    const result = await sort([
      [text, [new Date(0), null]],
      ['', []],
      [null, null],
    ]);
    expect(result).toMatchObject({ rows: 3, quarantined: 0, bad: [] });
    expect(result.good).toEqual([
      { a: text, b: [new Date(0), null] },
      { a: '', b: [] },
      { a: null, b: null },
    ]);
  });

  it('are told even where nothing can be read of a value', async () => {
    await site.client.query('CREATE TABLE target (a jsonb, b text)');
    const cyclic: Record<string, unknown> = {};
    cyclic['itself'] = cyclic;
    const result = await sort([
      [cyclic, 'b'],
      [{ n: 1n, f: () => 1 }, 'b'],
      [() => 1, Symbol('s')],
      [1, new Map()],
    ]);
    expect(result.bad).toEqual([
      bad(1, 'a', 'POSTGRES_BAD_VALUE', { a: '[unreadable]', b: 'b' }),
      bad(2, 'a', 'POSTGRES_BAD_VALUE', { a: '{"n":"1"}', b: 'b' }),
      bad(3, 'a', 'POSTGRES_BAD_VALUE', { a: '[Function (anonymous)]', b: 'Symbol(s)' }),
      bad(4, 'b', 'POSTGRES_BAD_VALUE', { a: '1', b: '{}' }),
    ]);
  });

  it('that repeat a key fail the batch, and nothing of it is in the quarantine', async () => {
    await site.client.query('CREATE TABLE target (a integer PRIMARY KEY)');
    const error = await refusalOf(() => sort([[1], ['rowsecret'], [1]]));
    expect(error).toMatchObject({ code: 'POSTGRES_UNIQUE', table: '"public"."target"' });
    expect((await site.client.query(`SELECT to_regclass('"the ""quarantine"""."bad rows"') AS made`)).rows).toEqual([
      { made: null },
    ]);
  });

  it('leave nothing behind in the session', async () => {
    await site.client.query('CREATE TABLE target (a integer, b text)');
    await sort([
      [1, 'x'],
      ['y', 'z'],
    ]);
    const { rows } = await site.client.query(`SELECT relname FROM pg_class WHERE pg_my_temp_schema() = relnamespace
      UNION ALL SELECT proname FROM pg_proc WHERE pg_my_temp_schema() = pronamespace`);
    expect(rows).toEqual([]);
  });
});

describe('the quarantine', () => {
  it('keeps what it has, for any number of tables and runs', async () => {
    await site.client.query('CREATE TABLE target (a integer)');
    await sort([['x']]);
    await sort([['y'], [1]], 5);
    expect(await quarantined()).toMatchObject([{ n: 1 }, { n: 5 }]);
    const { rows } = await site.client.query(
      `SELECT pipeline, run, table_schema, table_name, at <= now() AS is_past FROM "the ""quarantine"""."bad rows" LIMIT 1`,
    );
    expect(rows).toEqual([{ pipeline: 'p', run: 'r1', table_schema: 'public', table_name: 'target', is_past: true }]);
  });

  it('is refused when it is another kind of table', async () => {
    await site.client.query(
      `CREATE TABLE target (a integer); CREATE SCHEMA "the ""quarantine"""; CREATE TABLE "the ""quarantine"""."bad rows" (code integer)`,
    );
    await expect(sort([['x']])).rejects.toMatchObject({ code: 'QUARANTINE_UNUSABLE', retryable: false });
  });

  it('is made once when two runs want it at the same time', async () => {
    await site.client.query('CREATE TABLE target (a integer)');
    const other = await site.database.connect();
    await other.query('BEGIN');
    const { ensureQuarantine } = await import('../connectors/postgres/quarantine/quarantine-table.js');
    await ensureQuarantine(other, QUARANTINE);
    const sorted = sort([['x'], [1]]);
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await other.query(waiting)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await other.query('COMMIT');
    expect(await sorted).toMatchObject({ rows: 1, quarantined: 1 });
  });
});
