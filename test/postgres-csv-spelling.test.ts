import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { csvOf, openCsvCopySetting, type CsvCopySetting } from './support/csv-copy.js';
import { seededRandom } from './support/csv-pieces.js';

let setting: CsvCopySetting;
beforeAll(async () => {
  setting = await openCsvCopySetting();
  await setting.client.query(`CREATE TYPE colour AS ENUM ('red', 'dark "blue"', '');
    CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE <= 100);
    CREATE DOMAIN code AS varchar(5)`);
});
afterAll(() => setting.close());

const MANY_DIGITS = '9'.repeat(200);

describe('usual spellings go as binary, and arrive as the server would read them', () => {
  it.each<[type: string, values: string[]]>([
    ['smallint', ['0', '-0', '+7', '32767', '-32768', '00501']],
    ['integer', ['0', '2147483647', '-2147483648', '0000000001']],
    [
      'bigint',
      [
        '4294967296',
        '-4294967297',
        '999999999999999',
        '9007199254740993',
        '-9007199254740993',
        '9223372036854775807',
        '-9223372036854775808',
        '0000000000000000012',
      ],
    ],
    [
      'numeric',
      [
        '0',
        '-0',
        '0.0',
        '-0.000',
        '00501',
        '1.10',
        '+1',
        '5.',
        '.5',
        '-.5',
        '0.00001',
        '12345.6789',
        '123456789012345678901234567890.123456789',
        '10000',
        '100000000',
        '0.00010000',
        '1e5',
        '1E-5',
        '-1.50e+3',
        MANY_DIGITS,
        `0.${MANY_DIGITS}`,
        '9999.9999',
      ],
    ],
    ['numeric(7,2)', ['1', '99999.994', '-0.005', '1.005', '12345.67']],
    ['percent', ['100', '99.999', '0.1']],
    [
      'double precision',
      [
        '0',
        '-0',
        '1',
        '+1',
        '1.5',
        '0.1',
        '3.141592653589793238462643',
        '1e300',
        '-1e-300',
        '123456789.123456789',
        '5.',
        '9007199254740993',
        '1E5',
      ],
    ],
    ['real', ['0', '-0', '1', '0.1', '16777216', '2.9e38', '1e-30', '0.333333333333333', '1.5e-36']],
    ['boolean', ['t', 'f', 'true', 'false', 'TRUE', 'False', '1', '0', 'y', 'N', 'yes', 'No', 'on', 'OFF']],
    [
      'date',
      [
        '2000-01-01',
        '1999-12-31',
        '2024-02-29',
        '2000-02-29',
        '1900-02-28',
        '1000-01-01',
        '9999-12-31',
        '1970-01-01',
        '2023-03-01',
      ],
    ],
    ['time', ['00:00:00', '23:59:59.999999', '12:34:56.7']],
    ['time(3)', ['23:59:59.999499', '12:34:56.0005']],
    [
      'timestamp',
      [
        '2000-01-01 00:00:00',
        '1999-12-31T23:59:59.999999',
        '2024-02-29 12:34:56.1',
        '1000-01-01 00:00:00',
        '9999-12-31 23:59:59.999999',
      ],
    ],
    ['timestamp(0)', ['2024-01-01 00:00:00.5', '2024-01-01 00:00:01.5', '1999-12-31 23:59:59.500000']],
    [
      'timestamptz',
      [
        '2000-01-01T00:00:00Z',
        '1999-12-31 23:59:59.999999+00',
        '2024-02-29T12:34:56.123456+05:30',
        '2024-02-29 12:34:56-0330',
        '1000-01-01 00:00:00+14:59',
        '9999-12-31 23:59:59.999999-12',
        '2024-03-31 02:30:00+01',
      ],
    ],
    ['uuid', ['00000000-0000-0000-0000-000000000000', 'A0EEBC99-9c0b-4ef8-BB6D-6bb9bd380a11']],
    ['bytea', ['\\x', '\\x00ff', '\\xDEADbeef']],
    [
      'text',
      [
        '',
        ' ',
        '  a  ',
        'a"b',
        '""',
        '"',
        'a,b',
        'line\nbreak',
        'windows\r\nbreak',
        '\rx',
        '\\.',
        '\\N',
        'NULL',
        'null',
        'Zürich 東京都 🏔️',
        'e\u0301',
        'x'.repeat(5_000),
        '"'.repeat(300),
        '\u0001\u007f',
      ],
    ],
    ['varchar(5)', ['12345', 'äöüß€', '12345   ', '']],
    ['code', ['12345', '']],
    ['char(5)', ['a', 'a    ', '12345   ', '']],
    ['json', ['{"a": [1, 2.50, "x\\"y"]}', ' null ', '"\\u00e9"', '1e400']],
    ['jsonb', ['{"b": 1, "a": {"c": [true, null]}, "b": 2}', ' 1.10 ', '"Zürich"', '[]']],
    ['colour', ['red', 'dark "blue"', '']],
  ])('%s', async (type, values) => {
    const columns = `n integer, v ${type}`;
    // NULL among them, and in the middle of a row.
    const csv = Buffer.concat([csvOf(values), Buffer.from('-1,\n')]);
    const wanted = await setting.byServer(columns, csv);
    expect(wanted.rows).toHaveLength(values.length + 1);
    expect(await setting.byUs(columns, csv)).toEqual({ ...wanted, formats: ['binary'] });
    expect(await setting.byUs(columns, csv, 7)).toEqual({ ...wanted, formats: ['binary'] });
    // In quotes, as some write all values.
    const quoted = Buffer.from(
      values.map((value, index) => `"${index}","${value.replaceAll('"', '""')}"\r\n`).join(''),
    );
    expect(await setting.byUs(columns, quoted)).toEqual({
      ...(await setting.byServer(columns, quoted)),
      formats: ['binary'],
    });
  });
});

describe('a row of unusual spelling', () => {
  it('among usual ones has the rest of the file read by the server, in order and once', async () => {
    const values = Array.from({ length: 20_000 }, (_, index) => (index === 12_345 ? 'NaN' : `${index}.50`));
    const outcome = await setting.byUs('n integer, v numeric', csvOf(values), 10_000);
    expect(outcome).toEqual({
      ...(await setting.byServer('n integer, v numeric', csvOf(values))),
      formats: ['binary', 'csv, HEADER'],
    });
    expect(outcome.rows).toHaveLength(20_000);
  });

  it.each([
    ['in binary', 12_000],
    ['behind it', 15_000],
  ])('does not change the number of the row that an error names, %s', async (_, bad) => {
    const values = Array.from({ length: 20_000 }, (_value, index) =>
      index === 12_345 ? 'a"b\nc' : index === bad ? '\u0000' : `line\nbreak ${index}`,
    );
    const csv = Buffer.from(
      values.map((value, index) => `${index},${index === 12_345 ? 'a"b""c"' : `"${value}"`}\n`).join(''),
    );
    const outcome = await setting.byUs('n integer, v text', csv);
    expect(outcome.refused?.row).toBe(bad + 1);
    expect(outcome.refused).toEqual((await setting.byServer('n integer, v text', csv)).refused);
  });

  it.each([
    ['LF, then CRLF', '1,a\n2,b\r\n3,c\r\n'],
    ['CRLF, then LF', '1,a\r\n2,b\n'],
    ['CRLF, then nothing', '1,a\r\n2,b'],
    ['a last carriage return', '1,a\n2,b\r'],
    ['old line ends', '1,a\r2,b\r'],
    ['an empty line', '1,a\n\n2,b\n'],
    ['an empty last line', '1,a\n\n'],
    ['a row too short', '1,a\n2\n3,c\n'],
    ['a row too long', '1,a\n2,b,c\n'],
    ['short and long in turn', '1,a\n2\n3,b,c\n4,d\n'],
    ['a quote that never closes', '1,a\n2,"b\n3,c\n'],
    ['text behind a quote', '1,"a"b\n2,c\n'],
    ['a quote within a value', '1,a"b,c"d\n2,c\n'],
    ['nothing', ''],
    ['an end of data', '1,a\n\\.\n2,b\n'],
    ['something like an end of data', '1,"\\."\n2,\\.\n'],
    ['a value of 100 KB', `1,a\n2,"${'x""\n'.repeat(25_000)}"\n3,c\n`],
    ['bytes that are no UTF-8', Buffer.from('1,a\n2,b\xff\n', 'latin1')],
    ['half a character', Buffer.from('1,a\n2,"\xc3"\n3,c\n', 'latin1')],
  ])('may be so by its structure: %s', async (_, text) => {
    const csv = Buffer.from(text);
    const wanted = await setting.byServer('n integer, v text', csv);
    for (const size of [1, 3, 1_000_000]) {
      const { rows, refused } = await setting.byUs('n integer, v text', csv, size);
      expect({ rows, refused }).toEqual(wanted);
    }
  });

  it('is met by chance in all sorts of CSV, and all are read as the server reads them', async () => {
    const below = seededRandom(4);
    const fine = ['1,"a ""b"""\n', 'x,\n', ',""\n', '"é",y\n', '"\n",\n', `${'z'.repeat(70)},"\r\n"\n`];
    const pieces = [
      'a',
      '1',
      ',',
      ',',
      ',',
      '"',
      '"',
      '""',
      '\n',
      '\n',
      '\r\n',
      '\r',
      '\\',
      ' ',
      'é',
      'xyz'.repeat(20),
    ];
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < 120; round++) {
      // Most of it is well formed, or every one would be refused for the first row's sake.
      const rows = Array.from({ length: 1 + below(40) }, () =>
        below(40) > 0
          ? (fine[below(fine.length)] ?? '')
          : Array.from({ length: 6 }, () => pieces[below(pieces.length)] ?? '').join(''),
      );
      const csv = Buffer.from(rows.join(''));
      const wanted = await setting.byServer('a text, b text', csv);
      const { rows: read, refused } = await setting.byUs('a text, b text', csv, 1 + below(50));
      expect({ csv: JSON.stringify(csv.toString()), rows: read, refused }).toEqual({
        csv: JSON.stringify(csv.toString()),
        ...wanted,
      });
      outcomes[refused === undefined ? 'read' : 'refused'] += 1;
    }
    expect(Math.min(outcomes.read, outcomes.refused)).toBeGreaterThan(10);
  });

  it('is met by chance among numbers and times, and all are read as the server reads them', async () => {
    const below = seededRandom(5);
    const digits = (most: number): string => Array.from({ length: below(most + 1) }, () => below(10)).join('');
    const sign = (): string => ['', '-', '+'][below(3)] ?? '';
    const two = (limit: number): string => String(below(limit)).padStart(2, '0');
    const numbers = Array.from(
      { length: 3_000 },
      () => `${sign()}${digits(22)}${below(2) === 0 ? '' : `.${digits(12)}`}`,
    ).filter((text) => /\d/.test(text));
    const times = Array.from(
      { length: 3_000 },
      () =>
        `${1_000 + below(9_000)}-${two(12).replace('00', '12')}-${two(28).replace('00', '28')}${'T '[below(2)]}${two(24)}:${two(60)}:${two(60)}${below(2) === 0 ? '' : `.${digits(5)}7`}${['Z', '+00', '-07', '+05:45', '-0930'][below(5)]}`,
    );
    for (const [type, values] of [
      ['numeric', numbers],
      ['double precision', numbers],
      ['real', numbers.map((text) => text.slice(0, 17)).filter((text) => /\d/.test(text))],
      ['timestamptz', times],
    ] as const) {
      const csv = csvOf(values);
      const { formats, ...outcome } = await setting.byUs(`n integer, v ${type}`, csv);
      expect(outcome).toEqual(await setting.byServer(`n integer, v ${type}`, csv));
      if (type !== 'real') expect(formats).toEqual(['binary']);
    }
  });
});
