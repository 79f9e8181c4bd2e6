import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckCopySetting, type DuckCopySetting } from './support/duck-copy.js';

let setting: DuckCopySetting;
beforeAll(async () => {
  setting = await openDuckCopySetting();
  await setting.client
    .query(`CREATE TYPE colour AS ENUM ('red', 'blé "x"'); CREATE DOMAIN amount AS numeric(10, 2) CHECK (VALUE > 0);
    CREATE TYPE pair AS (a integer, b text)`);
});
afterAll(() => setting.close());

/** Type of the column; values in DuckDB's SQL; their texts at the server, where they are spelt differently. */
type Case = readonly [type: string, values: readonly string[], texts?: readonly string[]];

const long = 'x'.repeat(300);

const BINARY: readonly Case[] = [
  ['smallint', ['(-32768)::SMALLINT', '32767::SMALLINT'], ['-32768', '32767']],
  ['smallint', ['(-32768)::INTEGER', '32767::INTEGER'], ['-32768', '32767']],
  ['smallint', ['(-32768)::BIGINT', '32767::BIGINT'], ['-32768', '32767']],
  ['smallint', ['(-32768)::HUGEINT', '32767::HUGEINT'], ['-32768', '32767']],
  ['smallint', ['(-128)::TINYINT', '127::TINYINT'], ['-128', '127']],
  ['integer', ['(-2147483648)::INTEGER', '2147483647::INTEGER'], ['-2147483648', '2147483647']],
  ['integer', ['(-2147483648)::BIGINT', '2147483647::BIGINT'], ['-2147483648', '2147483647']],
  ['integer', ['255::UTINYINT'], ['255']],
  ['integer', ['65535::USMALLINT'], ['65535']],
  ['bigint', ['(-9223372036854775808)::BIGINT', '9223372036854775807::BIGINT', '-1::BIGINT'], ['-9223372036854775808', '9223372036854775807', '-1']],
  ['bigint', ['4294967295::UINTEGER', '0::UINTEGER'], ['4294967295', '0']],
  ['bigint', ['9223372036854775807::UBIGINT'], ['9223372036854775807']],
  ['bigint', ['(-9223372036854775808)::HUGEINT', '4294967296::HUGEINT'], ['-9223372036854775808', '4294967296']],
  ['bigint', ['-3.0::DOUBLE', '9007199254740992::DOUBLE', '-9223372036854775808::DOUBLE'], ['-3', '9007199254740992', '-9223372036854775808']],
  ['integer', ['-0.0::FLOAT', '16777216::FLOAT'], ['0', '16777216']],
  ['real', ['1.5::FLOAT', `'-infinity'::FLOAT`, `'nan'::FLOAT`, '-0.0::FLOAT', '3.4028235e38::FLOAT'], ['1.5', '-Infinity', 'NaN', '-0', '3.4028235e+38']],
  ['real', ['0.1::DOUBLE'], ['0.1']],
  ['double precision', ['0.1::DOUBLE', '1.7976931348623157e308::DOUBLE', '5e-324::DOUBLE', `'nan'::DOUBLE`, `'inf'::DOUBLE`], ['0.1', '1.7976931348623157e+308', '5e-324', 'NaN', 'Infinity']],
  ['double precision', ['2.5::FLOAT', '7::INTEGER', '1.25::DECIMAL(5,2)'], ['2.5', '7', '1.25']],
  ['boolean', ['true', 'false'], ['true', 'false']],
  ['text', [`''`, `'a'`, `'twelve bytes'`, `'thirteen byte'`, `'${long}'`, `e'\\t\\n\\r\\\\ "é☃😀'`, `'\\N'`], ['', 'a', 'twelve bytes', 'thirteen byte', long, '\t\n\r\\ "é☃😀', '\\N']],
  ['text', ['1.50::DECIMAL(5,2)', '3.25::DECIMAL(5,2)'], ['1.50', '3.25']],
  ['text', [`'8c5c9f0e-0000-4000-8000-000000000000'::UUID`], ['8c5c9f0e-0000-4000-8000-000000000000']],
  ['varchar(5)', [`'abcde'`, `'é☃'`], ['abcde', 'é☃']],
  ['char(4)', [`'ab'`], ['ab']],
  ['colour', [`'red'`, `'blé "x"'`], ['red', 'blé "x"']],
  ['colour', [`'red'::ENUM('red', 'blue')`], ['red']],
  ['json', [`'{"a":  1}'`, `'null'`, `'{"a":1}'::JSON`], ['{"a":  1}', 'null', '{"a":1}']],
  ['jsonb', [`'{"b":1,"a":[1.50,"☃"]}'`, `'"${long}"'`, `'null'`], ['{"a": [1.50, "☃"], "b": 1}', `"${long}"`, 'null']],
  ['jsonb', [`{'a': 1, 'b': [1, NULL]}`], ['{"a": 1, "b": [1, null]}']],
  ['jsonb', ['[1, NULL, 3]'], ['[1, null, 3]']],
  ['jsonb', [`MAP {'k': 'v'}`], ['{"k": "v"}']],
  ['bytea', [`''::BLOB`, `'\\x00\\xFF'::BLOB`, `repeat('a', 40)::BLOB`, `('\\x00'::BLOB || repeat('b', 20)::BLOB)`], ['\\x', '\\x00ff', `\\x${'61'.repeat(40)}`, `\\x00${'62'.repeat(20)}`]],
  ['date', [`DATE '2000-01-01'`, `DATE '1970-01-01'`, `DATE '0044-03-15 (BC)'`, `'infinity'::DATE`, `'-infinity'::DATE`, `DATE '9999-12-31'`], ['2000-01-01', '1970-01-01', '0044-03-15 BC', 'infinity', '-infinity', '9999-12-31']],
  ['time', [`TIME '00:00:00'`, `TIME '23:59:59.999999'`, `TIME '24:00:00'`], ['00:00:00', '23:59:59.999999', '24:00:00']],
  ['timestamp', [`TIMESTAMP '2000-01-01'`, `TIMESTAMP '1969-12-31 23:59:59.999999'`, `TIMESTAMP '0044-03-15 (BC) 10:00:00'`, `'infinity'::TIMESTAMP`, `'-infinity'::TIMESTAMP`, `TIMESTAMP '2038-01-19 03:14:08.000001'`], ['2000-01-01 00:00:00', '1969-12-31 23:59:59.999999', '0044-03-15 10:00:00 BC', 'infinity', '-infinity', '2038-01-19 03:14:08.000001']],
  ['timestamp', [`TIMESTAMP_S '2024-02-29 01:02:03'`], ['2024-02-29 01:02:03']],
  ['timestamp', [`TIMESTAMP_MS '2024-02-29 01:02:03.004'`], ['2024-02-29 01:02:03.004']],
  ['timestamp', [`TIMESTAMP_NS '2024-02-29 01:02:03.004005'`, `TIMESTAMP_NS '1950-02-28 01:02:03.999999'`, `'infinity'::TIMESTAMP_NS`], ['2024-02-29 01:02:03.004005', '1950-02-28 01:02:03.999999', 'infinity']],
  ['timestamp', [`DATE '2024-02-29'`], ['2024-02-29 00:00:00']],
  ['timestamptz', [`TIMESTAMPTZ '2024-02-29 01:02:03.4+02'`, `'infinity'::TIMESTAMPTZ`], ['2024-02-28 23:02:03.4+00', 'infinity']],
  ['timestamptz', [`TIMESTAMP '2024-02-29 01:02:03.4'`], ['2024-02-29 01:02:03.4+00']],
  ['interval', [`INTERVAL '1 year -2 days 3.000005 seconds'`, `INTERVAL '-1 month'`, `INTERVAL '0 days'`], ['1 year -2 days +00:00:03.000005', '-1 mons', '00:00:00']],
  ['uuid', [`'00000000-0000-0000-0000-000000000000'::UUID`, `'ffffffff-1234-5678-9abc-def012345678'::UUID`], ['00000000-0000-0000-0000-000000000000', 'ffffffff-1234-5678-9abc-def012345678']],
  ['integer[]', ['[1, NULL, -3]', '[]::INTEGER[]', '[NULL]::INTEGER[]'], ['{1,NULL,-3}', '{}', '{NULL}']],
  ['integer[]', ['[1::BIGINT, 2]'], ['{1,2}']],
  ['integer[]', ['[[1, 2], [3, NULL]]', '[[], []]::INTEGER[][]', '[]::INTEGER[][]'], ['{{1,2},{3,NULL}}', '{}', '{}']],
  ['integer[]', ['[[[1], [2]], [[3], [4]]]'], ['{{{1},{2}},{{3},{4}}}']],
  ['integer[]', ['array_value(1, 2)', 'array_value(3, NULL)'], ['{1,2}', '{3,NULL}']],
  ['text[]', [`['', 'a,b', 'NULL', '"q"\\', '${long}', NULL]`, `['thirteen bytes and more']`], [`{"","a,b","NULL","\\"q\\"\\\\",${long},NULL}`, '{"thirteen bytes and more"}']],
  ['numeric(10,2)[]', ['[1.50::DECIMAL(10,2), NULL]'], ['{1.50,NULL}']],
  ['timestamptz[]', [`[TIMESTAMPTZ '2024-02-29 01:02:03+00']`], ['{"2024-02-29 01:02:03+00"}']],
  ['jsonb[]', [`[{'a': 1}, NULL]`], ['{"{\\"a\\": 1}",NULL}']],
  ['uuid[]', [`['00000000-0000-0000-0000-000000000001'::UUID]`], ['{00000000-0000-0000-0000-000000000001}']],
  ['amount', ['1.50::DECIMAL(10,2)'], ['1.50']],
  ['text', ['NULL', `'x'`], ['x']],
  ['numeric', ['NULL', '1::INTEGER'], ['1']],
]; // prettier-ignore

const TEXT: readonly Case[] = [
  ['integer', [`'12'`, `' -7 '`], ['12', '-7']],
  ['date', [`'2024-02-29'`]],
  ['boolean', [`'yes'`, `'off'`], ['true', 'false']],
  ['inet', [`'10.0.0.1/8'`]],
  ['int4range', [`'[1,5)'`, `'empty'`]],
  ['timetz', [`TIMETZ '12:00:00+02'`], ['12:00:00+02']],
  ['bytea', [`'\\x00ff'`, `'a\\\\b'`], ['\\x00ff', '\\x615c62']],
  ['colour[]', [`['red', 'blé "x"', NULL]`, `[]::VARCHAR[]`], ['{red,"blé \\"x\\"",NULL}', '{}']],
  ['amount[]', ['[1.50::DECIMAL(10,2)]'], ['{1.50}']],
  ['pair', [`{'a': 1, 'b': e'x,"y"\\\\'}`, `{'a': NULL, 'b': ''}`], ['(1,"x,""y""\\\\")', '(,"")']],
  ['pair[]', [`[{'a': 1, 'b': 'z'}, NULL]`], ['{"(1,z)",NULL}']],
  ['text', [`{'a': 1}`], ['{"a":1}']],
  ['bit(3)', [`'101'`]],
  ['box[]', [`['(1,1),(0,0)', '(2,2),(0,0)']`], ['{(1,1),(0,0);(2,2),(0,0)}']],
]; // prettier-ignore

/** NULL first, last and between, values of one DuckDB type. */
function queryOf(values: readonly string[]): string {
  const union = values.map((value) => `UNION ALL SELECT ${value} UNION ALL SELECT NULL`).join(' ');
  return `SELECT v FROM (SELECT NULL AS v ${union})`;
}

function expectedOf([, values, texts = values.map((value) => value.replaceAll(/^'|'$/g, ''))]: Case): (
  string | null
)[][] {
  const isNull = values.map((value) => value === 'NULL');
  let next = 0;
  return [[null], ...isNull.flatMap((nothing) => [[nothing ? null : (texts[next++] ?? 'none')], [null]])];
}

describe('a DuckDB query as binary COPY', () => {
  it.each(BINARY)('carries %s: %j', async (...given) => {
    const [type, values] = given;
    const { format, rows } = await setting.copy(`v ${type}`, queryOf(values));
    expect(format).toBe('FORMAT binary');
    expect(rows).toBe(values.length * 2 + 1);
    expect(await setting.texts()).toEqual(expectedOf(given));
  });
});

describe('a DuckDB query as COPY of text', () => {
  it.each(TEXT)('carries what the binary format has no exact way for, %s: %j', async (...given) => {
    const [type, values] = given;
    const { format, rows } = await setting.copy(`v ${type}`, queryOf(values));
    expect(format).toBe('FORMAT text');
    expect(rows).toBe(values.length * 2 + 1);
    expect(await setting.texts()).toEqual(expectedOf(given));
  });

  it.each(BINARY)('carries what goes in binary beside it: %s: %j', async (...given) => {
    const [type, values] = given;
    expect(await setting.copyAsText(`v ${type}`, queryOf(values))).toBe(values.length * 2 + 1);
    expect(await setting.texts()).toEqual(expectedOf(given));
  });
});
