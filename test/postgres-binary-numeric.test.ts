import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDuckCopySetting, type DuckCopySetting } from './support/duck-copy.js';

let setting: DuckCopySetting;
beforeAll(async () => {
  setting = await openDuckCopySetting();
});
afterAll(() => setting.close());

/** Copies values of one DuckDB type into a column of type numeric, in binary; their texts there. */
async function numerics(type: string, values: readonly string[]): Promise<(string | null)[]> {
  const list = values.map((value) => `CAST('${value}' AS ${type})`).join(', ');
  const { format } = await setting.copy('v numeric', `SELECT unnest([${list}]) AS v`);
  expect(format).toBe('FORMAT binary');
  return (await setting.texts()).flat();
}

/** Numbers whose digits are told by their place, so that a group that is lost or shifted shows. */
function decimals(width: number, scale: number): string[] {
  const digits = '123456789'.repeat(5).slice(0, width);
  const zeros = '0'.repeat(width);
  const texts = [
    digits,
    '9'.repeat(width),
    zeros,
    `${zeros.slice(1)}1`,
    `1${zeros.slice(1)}`,
    `${zeros.slice(2)}10`,
  ].filter((text) => text.length === width);
  return texts
    .map((text) => [text.slice(0, width - scale).replace(/^0+/, '') || '0', text.slice(width - scale)])
    .map(([integer = '0', fraction = '']) => (fraction === '' ? integer : `${integer}.${fraction}`))
    .flatMap((text) => (/[1-9]/.test(text) ? [text, `-${text}`] : [text]));
}

describe('DECIMAL for numeric', () => {
  const shapes = [1, 4, 5, 9, 10, 15, 16, 17, 18, 19, 30, 38].flatMap((width) =>
    [0, 1, 2, 3, 4, 5, 8, 9, 11, 12, 13, 16, 17, 37, 38]
      .filter((scale) => scale <= width)
      .map((scale) => [width, scale] as const),
  );

  it.each(shapes)('keeps every digit of DECIMAL(%i,%i)', async (width, scale) => {
    const values = decimals(width, scale);
    expect(await numerics(`DECIMAL(${width},${scale})`, values)).toEqual(values);
  });

  it('keeps every value around the powers of ten and of two', async () => {
    const powers = Array.from({ length: 54 }, (_, power) => 2n ** BigInt(power)).concat(
      Array.from({ length: 17 }, (_, power) => 10n ** BigInt(power)),
    );
    const values = [...new Set(powers.flatMap((power) => [power - 1n, power, power + 1n]))].flatMap((value) => {
      const text = value.toString().padStart(4, '0');
      return [`${text.slice(0, -3)}.${text.slice(-3)}`, `-${text.slice(0, -3)}.${text.slice(-3)}`];
    });
    const expected = values.map((value) => value.replace(/^-(?=0\.000$)/, ''));
    expect(await numerics('DECIMAL(18,3)', values)).toEqual(expected);
  });
});

describe('other numbers for numeric', () => {
  it.each([
    ['TINYINT', ['-128', '127']],
    ['USMALLINT', ['65535', '10000', '9999']],
    ['BIGINT', ['-9223372036854775808', '9223372036854775807', '9007199254740993', '0']],
    ['UBIGINT', ['18446744073709551615']],
    ['HUGEINT', ['-170141183460469231731687303715884105728', '170141183460469231731687303715884105727']],
    ['UHUGEINT', ['340282366920938463463374607431768211455']],
  ])('keeps every digit of %s', async (type, values) => {
    expect(await numerics(type, values)).toEqual(values);
  });

  it('takes the shortest text of DOUBLE, NaN and infinity among them', async () => {
    const values = ['0.1', '-1.5', '1e300', '1.5e-7', '123456789.125', 'nan', 'inf', '-inf', '0'];
    const texts = [
      '0.1',
      '-1.5',
      `1${'0'.repeat(300)}`,
      '0.00000015',
      '123456789.125',
      'NaN',
      'Infinity',
      '-Infinity',
      '0.0',
    ];
    expect(await numerics('DOUBLE', values)).toEqual(texts);
  });

  it('takes text as the server itself reads it', async () => {
    const values = [
      '0',
      '-0',
      '00.10',
      '.5',
      '5.',
      ' 12 ',
      '+7',
      '1e3',
      '1.2345e2',
      '12345E-10',
      '1e-20',
      '9'.repeat(400),
      'NaN',
      '-Infinity',
    ];
    values.push(`0.${'0'.repeat(50)}12345`, '10000', '100000000', '0.0001', '0.00001', '1.2300e1');
    const { rows } = await setting.client.query<{ text: string }>('SELECT unnest($1::text[])::numeric::text AS text', [
      values,
    ]);
    expect(await numerics('VARCHAR', values)).toEqual(rows.map(({ text }) => text));
  });

  it.each(['', 'x', '1,5', '--1', '1e', 'e5', '.', 'infinit', '1 2', '1e999999'])(
    'refuses text that is none: %j',
    async (text) => {
      const copying = setting.copy('v numeric', `SELECT '${text}' AS v`);
      await expect(copying).rejects.toMatchObject({ code: 'POSTGRES_BAD_VALUE', row: 1, column: 'v' });
    },
  );

  it('leaves the rounding to a scale that the column declares to the server, as everywhere', async () => {
    await setting.copy('v numeric(10, 1)', `SELECT 1.25::DECIMAL(5, 2) AS v`);
    expect(await setting.texts()).toEqual([['1.3']]);
    const copying = setting.copy('v numeric(3, 1)', `SELECT 1000::DECIMAL(5, 0) AS v`);
    await expect(copying).rejects.toMatchObject({ code: '22003' });
  });
});
