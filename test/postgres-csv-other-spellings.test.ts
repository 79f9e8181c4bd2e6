import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { csvOf, openCsvCopySetting, type CsvCopySetting } from './support/csv-copy.js';

let setting: CsvCopySetting;
beforeAll(async () => {
  setting = await openCsvCopySetting();
  await setting.client.query(`CREATE TYPE colour AS ENUM ('red', 'dark "blue"', '');
    CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE <= 100);
    CREATE DOMAIN code AS varchar(5)`);
});
afterAll(() => setting.close());

describe('other spellings are left to the server', () => {
  it.each<[type: string, values: string[]]>([
    ['smallint', ['32768', '-32769', '', ' 1', '1 ', '1.0', '0x10', '1_000', '--1', '+', 'secret']],
    ['integer', ['2147483648', '-2147483649', '999999999999999999999']],
    ['bigint', ['9223372036854775808', '-9223372036854775809', '12345678901234567x', '00000000000000000000001']],
    [
      'numeric',
      [
        'NaN',
        'Infinity',
        '-inf',
        ' 1',
        '1 ',
        '',
        '.',
        '-',
        '1.2.3',
        '1,2',
        '1_000',
        '0x1F',
        '1e',
        '1e5.5',
        '1e99999',
        '1e-99999',
        '١',
        'secret',
        '+-1',
        '1\u00a0',
      ],
    ],
    ['numeric(7,2)', ['100000', '99999.995', 'NaN', 'Infinity']],
    ['percent', ['100.01', '100.004', '1000']],
    [
      'double precision',
      ['NaN', 'Infinity', '-inf', '1e400', '1e-400', '5e-324', ' 1', '1 ', '', '0x1p3', '1e', '1f', 'secret'],
    ],
    [
      'real',
      [
        'NaN',
        '16777217',
        '3.4e38',
        '1e39',
        '1e-46',
        '1e-40',
        '16777217.0000000000001',
        '8388608.5',
        '8388609.5',
        '0.500000029802322387695312',
        '0.5000000298023223876953125',
        '0.50000002980232238769531251',
      ],
    ],
    ['boolean', ['tr', 'fals', ' true', 'true ', '', 'o', 'of', 'ja', '2', '00']],
    [
      'date',
      [
        '2023-02-29',
        '1900-02-29',
        '2024-13-01',
        '2024-00-10',
        '2024-01-00',
        '01/02/2024',
        '2024-1-2',
        '20240102',
        '0001-01-01',
        '0000-01-01',
        '10000-01-01',
        '0044-03-15 BC',
        'infinity',
        '-infinity',
        '2024-01-01 ',
        '2024-01-01T00:00:00',
        'J2451187',
        '',
      ],
    ],
    [
      'time',
      ['24:00:00', '23:59:60', '12:34', '12:34:56.1234567', '12:34:56.', '12:34:56 PM', '12:34:56+02', '1:2:3', ''],
    ],
    [
      'timestamp',
      [
        '2024-01-01',
        '2024-01-01 12:34',
        '2024-01-01 24:00:00',
        '2024-01-01 23:59:60',
        '2024-01-01 00:00:00.1234567',
        '2024-01-01 00:00:00.9999999',
        '2024-01-01 00:00:00Z',
        '2024-01-01 00:00:00+02',
        '2024-02-30 00:00:00',
        '2024-01-01t00:00:00',
        '2024-01-01  00:00:00',
        'infinity',
        '294277-01-01 00:00:00',
        '',
      ],
    ],
    [
      'timestamptz',
      [
        '2024-01-01 00:00:00',
        '2024-01-01',
        '2024-01-01 00:00:00 Europe/Berlin',
        '2024-01-01 00:00:00 +02',
        '2024-01-01 00:00:00z',
        '2024-01-01 00:00:00+2',
        '2024-01-01 00:00:00+16',
        '2024-01-01 00:00:00+15:30',
        '2024-01-01 00:00:00+05:30:15',
        '2024-01-01 00:00:00+05:60',
        '2024-01-01 00:00:00.Z',
        '2024-01-01 00:00:00.1234565Z',
        '2024-01-01 00:00:00 BC',
        '',
      ],
    ],
    [
      'uuid',
      [
        'a0eebc999c0b4ef8bb6d6bb9bd380a11',
        '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
        'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1',
        'g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
        '',
      ],
    ],
    ['bytea', ['abc', '\\x0', '\\x0g', '\\x00 ff', '\\000', '\\\\', '']],
    ['inet', ['10.0.0.1', 'secret']],
    ['integer[]', ['{1,2}', '{']],
    ['interval', ['1 day', '1 secret']],
  ])('%s', async (type, values) => {
    const columns = `n integer, v ${type}`;
    for (const value of values) {
      const csv = csvOf([value]);
      const { formats, ...outcome } = await setting.byUs(columns, csv);
      expect({ value, ...outcome }).toEqual({ value, ...(await setting.byServer(columns, csv)) });
      expect({ value, last: formats.at(-1)?.slice(0, 3) }).toEqual(
        // What is well spelt and all the same refused by the column is the server's to refuse in either format.
        { value, last: ['percent', 'numeric(7,2)'].includes(type) && /^\d/.test(value) ? 'bin' : 'csv' },
      );
    }
  });

  it.each([
    ['varchar(5)', 'fine', '123456'],
    ['text', 'fine', 'a\u0000b'],
    ['json', '1', '{"a": }'],
    ['jsonb', '1', '{"a": "\\u0000"}'],
    ['jsonb', '1', 'secret'],
    ['jsonb', '1', ''],
    ['colour', 'red', 'green'],
    ['char(2)', 'a', 'abc'],
  ])('%s, which is text, takes %j but not %j, which is refused by row in binary too', async (type, fine, bad) => {
    const csv = csvOf([...Array.from({ length: 3_000 }, () => fine), bad]);
    const outcome = await setting.byUs(`n integer, v ${type}`, csv);
    expect(outcome).toMatchObject({ rows: undefined, refused: { row: 3_001 }, formats: ['binary'] });
    expect(outcome.refused).toEqual((await setting.byServer(`n integer, v ${type}`, csv)).refused);
  });
});
