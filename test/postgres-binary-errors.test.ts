import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckCopySetting, type DuckCopySetting } from './support/duck-copy.js';
import { rejection } from './support/ingest.js';

let setting: DuckCopySetting;
beforeAll(async () => {
  setting = await openDuckCopySetting();
});
afterAll(() => setting.close());

describe('a value that the column cannot take', () => {
  it.each([
    ['smallint', '32768::INTEGER', '1::INTEGER'],
    ['smallint', '(-32769)::BIGINT', '1::BIGINT'],
    ['smallint', '4294967296::BIGINT', '1::BIGINT'],
    ['integer', '2147483648::BIGINT', '1::BIGINT'],
    ['integer', '(-2147483649)::BIGINT', '1::BIGINT'],
    ['integer', '2147483648::UINTEGER', '1::UINTEGER'],
    ['bigint', '9223372036854775808::UBIGINT', '1::UBIGINT'],
    ['bigint', '(-9223372036854775809)::HUGEINT', '1::HUGEINT'],
    ['integer', '3.9::DOUBLE', '1::DOUBLE'],
    ['integer', `'nan'::DOUBLE`, '1::DOUBLE'],
    ['integer', `'inf'::FLOAT`, '1::FLOAT'],
    ['integer', '2147483648::DOUBLE', '1::DOUBLE'],
    ['bigint', '9223372036854775808::DOUBLE', '1::DOUBLE'],
    ['real', '1e39::DOUBLE', '1::DOUBLE'],
    ['real', '1e-60::DOUBLE', '1::DOUBLE'],
    ['timestamp', `TIMESTAMP_NS '2024-01-01 00:00:00.000000001'`, `TIMESTAMP_NS '2024-01-01'`],
    ['text', `'secret' || chr(0)`, `'fine'`],
    ['text', `chr(0)`, `'fine'`],
    ['jsonb', `'"secret, and of some length' || chr(0) || '"'`, `'1'`],
    ['text', `repeat('secret', 100) || chr(0)`, `repeat('fine', 100)`],
    ['text[]', `['fine', 'secret and long enough' || chr(0)]`, `['fine']`],
    ['integer[]', '[1, 2147483648]', '[1::BIGINT]'],
    ['integer[]', '[[1], [2, 3]]', '[[1]]'],
    ['integer[]', '[[], [2]]', '[[1]]'],
    ['integer[]', '[[1], NULL]', '[[1]]'],
  ])('is refused by row and column before it is sent, %s: %s', async (type, bad, fine) => {
    const query = `SELECT i AS id, CASE WHEN i = 3000 THEN ${bad} ELSE ${fine} END AS v FROM range(1, 3003) AS t(i)`;
    const error = await rejection(setting.copy(`id bigint, v ${type}`, query));
    expect(error).toMatchObject({ code: 'POSTGRES_BAD_VALUE', retryable: false, row: 3000, column: 'v' });
    expect(String(error)).not.toMatch(/secret|2147483648|4294967296|922337|3\.9|e39|32769/);
  });

  it('is refused by row and column in text, too', async () => {
    const query = `SELECT i, 'a' || chr(9) AS a, CASE WHEN i = 3000 THEN 'secret' || chr(0) ELSE 'fine' END AS v, '10.0.0.1' AS x
      FROM range(1, 3003) AS t(i)`;
    const error = await rejection(setting.copy('i bigint, a text, v text, x inet', query));
    expect(error).toMatchObject({ code: 'POSTGRES_BAD_VALUE', row: 3000, column: 'v' });
    expect(String(error)).not.toContain('secret');
  });

  it('leaves both connections fit for the next query', async () => {
    await rejection(setting.copy('v smallint', 'SELECT i AS v FROM range(1000000) AS t(i)'));
    expect(await setting.copy('v integer', 'SELECT i AS v FROM range(10) AS t(i)')).toMatchObject({ rows: 10 });
  });
});

describe('a query', () => {
  it('that yields a column that the table has not is refused before it runs', async () => {
    const error = await rejection(setting.copy('id integer', `SELECT 1 AS id, error('it ran') AS other`));
    expect(error).toMatchObject({ code: 'INGEST_QUERY_COLUMNS', retryable: false });
    expect(String(error)).toContain('"other"');
  });

  it('that yields a column twice is refused', async () => {
    const error = await rejection(setting.copy('id integer', 'SELECT 1 AS id, 2 AS id'));
    expect(error).toMatchObject({ code: 'INGEST_QUERY_COLUMNS' });
  });

  it('whose columns stand in another order, some of them missing, fills those of their names', async () => {
    await setting.copy(`a integer, "B ""x""" text, c date`, `SELECT 'b' AS "B ""x""", 1 AS a`);
    expect(await setting.texts()).toEqual([['1', 'b', null]]);
  });

  it('without rows is a COPY of none', async () => {
    expect(await setting.copy('a integer, b text', 'SELECT 1 AS a, NULL AS b WHERE false')).toEqual({
      format: 'FORMAT binary',
      rows: 0,
    });
    expect(await setting.copy('a inet', `SELECT '' AS a WHERE false`)).toEqual({ format: 'FORMAT text', rows: 0 });
  });

  it('may end in a semicolon or a comment', async () => {
    expect(await setting.copy('a integer', `SELECT 1::UINTEGER AS a;\n`)).toMatchObject({ rows: 1 });
    expect(await setting.copy('a integer', `SELECT 1::UINTEGER AS a -- one`)).toMatchObject({ rows: 1 });
  });

  it('keeps its order, with casts around it, too', async () => {
    const query = 'SELECT i::UINTEGER AS a FROM range(10000) AS t(i) ORDER BY i DESC';
    await setting.copy('a integer', query);
    const texts = (await setting.texts()).flat();
    expect(texts).toEqual(Array.from({ length: 10_000 }, (_, index) => String(9_999 - index)));
  });

  it.each([
    ['that is none', 'SELECT FROM WHERE'],
    ['that fails at once', `SELECT 'secret'::INTEGER AS a`],
    [
      'that fails in the middle',
      `SELECT CASE WHEN i = 50000 THEN 'secret' ELSE '1' END::INTEGER AS a FROM range(100000) AS t(i)`,
    ],
  ])('%s fails without a word of what DuckDB said', async (_, query) => {
    const error = await rejection(setting.copy('a integer', query));
    expect(error).toMatchObject({ code: 'DUCKDB_FAILED', retryable: false });
    expect(String(error)).not.toContain('secret');
    expect(await setting.copy('a integer', 'SELECT 1 AS a')).toMatchObject({ rows: 1 });
  });
});
