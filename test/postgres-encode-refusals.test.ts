import { describe, expect, it } from '@jest/globals';
import type { ColumnType, ValueType } from '../connectors/postgres/encode/column-types.js';
import { JSON_NULL } from '../connectors/postgres/encode/json.js';
import { createRowEncoder, type RowEncoder } from '../connectors/postgres/encode/row-encoder.js';
import { refusalOf, SECRET_VALUE } from './support/told-of.js';

const base = (name: string): ValueType => ({ type: name, kind: 'base', base: name, delimiter: ',' });
const arrayOf = (element: ValueType): ValueType => ({
  type: `${element.type}[]`,
  kind: 'array',
  base: `_${element.base}`,
  delimiter: ',',
  element,
});
const range: ValueType = { type: 'int4range', kind: 'range', base: 'int4range', delimiter: ',', element: base('int4') };
const multirange: ValueType = { ...range, type: 'int4multirange', kind: 'multirange', element: range };
const pair: ValueType = {
  type: 'pair',
  kind: 'composite',
  base: 'pair',
  delimiter: ',',
  fields: [
    { ...base('int4'), name: 'x' },
    { ...base('text'), name: 'y' },
  ],
};

function encoderOf(type: ValueType, notNull = false): RowEncoder {
  const columns: ColumnType[] = [
    { ...base('int4'), name: 'id', notNull: true },
    { ...type, name: 'the "value"', notNull },
  ];
  return createRowEncoder(columns, { table: '"sales"."orders"' });
}

const HELD = { secret: SECRET_VALUE };
const cyclic: Record<string, unknown> = { ...HELD };
cyclic['itself'] = cyclic;

/** A type, a value that does not fit it, and what the error says of it. */
const MISFITS: readonly [type: ValueType, value: unknown, says: string][] = [
  [base('int4'), 3.9, 'not whole'],
  [base('int4'), NaN, 'not whole'],
  [base('int8'), 2 ** 53, 'beyond 2^53'],
  [base('int4'), new Date(0), 'a Date is no integer'],
  [base('int4'), true, 'true is no integer'],
  [base('int4'), HELD, 'an object is no integer'],
  [base('int4'), [1], 'an array is no integer'],
  [base('int4'), Buffer.from(SECRET_VALUE), 'binary data is no integer'],
  [base('numeric'), 2 ** 53, 'beyond 2^53'],
  [base('numeric'), 1e300, 'beyond 2^53'],
  [base('numeric'), false, 'false is no number'],
  [base('float8'), new Date(0), 'a Date is no number'],
  [base('bool'), 1, 'a number is no boolean'],
  [base('bool'), null, 'NOT NULL'],
  [base('text'), HELD, 'an object is no text'],
  [base('text'), [SECRET_VALUE], 'an array is no text'],
  [base('text'), true, 'true is no text'],
  [base('text'), new Date(0), 'a Date is no text'],
  [base('text'), Symbol(SECRET_VALUE), 'a symbol is no text'],
  [base('text'), () => SECRET_VALUE, 'a function is no text'],
  [base('text'), Buffer.from(SECRET_VALUE), 'binary data is no text'],
  [base('text'), `${SECRET_VALUE}\0`, 'the character NUL'],
  [base('text'), `${SECRET_VALUE.repeat(20)}\0`, 'the character NUL'],
  [base('text'), `${SECRET_VALUE}\ud83d`, 'half a character'],
  [base('text'), `\udf89${SECRET_VALUE}`, 'half a character'],
  [base('text'), `\ud83d\ud83d${SECRET_VALUE}`, 'half a character'],
  [base('varchar'), undefined, 'undefined is no value'],
  [base('uuid'), HELD, 'an object is no text'],
  [base('bytea'), SECRET_VALUE, 'a string is no bytea'],
  [base('bytea'), '\\xf', 'a string is no bytea'],
  [base('bytea'), [1, 2], 'an array is no bytea'],
  [base('date'), new Date(NaN), 'an invalid Date'],
  [base('date'), new Date(1), 'not midnight in UTC'],
  [base('date'), 5, 'a number is no date'],
  [base('timestamptz'), new Date(NaN), 'an invalid Date'],
  [base('timestamptz'), 1_700_000_000, 'a number is no timestamp'],
  [base('time'), new Date(0), 'a Date is no text'],
  [base('interval'), 5, 'a number is no interval'],
  [base('interval'), { [SECRET_VALUE]: 1 }, 'other keys than units of time'],
  [base('interval'), { days: '1' }, 'finite numbers'],
  [base('json'), NaN, 'neither NaN nor infinity'],
  [base('jsonb'), { a: [{ [SECRET_VALUE]: -Infinity }] }, 'neither NaN nor infinity'],
  [base('jsonb'), { [SECRET_VALUE]: undefined }, 'undefined inside JSON'],
  [base('jsonb'), [undefined], 'undefined inside JSON'],
  [base('jsonb'), [1, , 2], 'undefined inside JSON'],
  [base('jsonb'), [[2 ** 53]], 'beyond 2^53'],
  [base('jsonb'), [() => SECRET_VALUE], 'a function inside JSON'],
  [base('jsonb'), 2 ** 53, 'beyond 2^53'],
  [base('jsonb'), `${SECRET_VALUE}\0`, 'the character NUL'],
  [base('json'), { [`${SECRET_VALUE}\0`]: 1 }, 'the character NUL'],
  [base('jsonb'), `${SECRET_VALUE}\ud800`, 'half a character'],
  [base('jsonb'), { at: new Date(NaN) }, 'an invalid Date'],
  [base('jsonb'), Buffer.from(SECRET_VALUE), 'binary data'],
  [base('jsonb'), new Map([[SECRET_VALUE, 1]]), 'Map or Set'],
  [base('jsonb'), cyclic, 'cannot be read'],
  [
    base('jsonb'),
    {
      toJSON: () => {
        throw new Error(SECRET_VALUE);
      },
    },
    'cannot be read',
  ],
  [arrayOf(base('int4')), [1, [2, 3.5]], 'not whole'],
  [arrayOf(base('int4')), [1, undefined], 'undefined is no value'],
  // A hole.
  [arrayOf(base('int4')), [1, , 2], 'undefined is no value'],
  [arrayOf(base('text')), HELD, 'an object is no text[]'],
  [arrayOf(base('text')), [`${SECRET_VALUE}\0`], 'the character NUL'],
  [arrayOf(base('bytea')), [SECRET_VALUE], 'a string is no bytea'],
  [range, { lower: 1 }, 'lacks a bound'],
  [range, { lower: 1, upper: 2.5 }, 'not whole'],
  [range, { lower: 1, upper: 2, [SECRET_VALUE]: 1 }, 'other keys'],
  [range, { lower: 1, upper: 2, upperInclusive: '[' }, 'true or false'],
  [range, [1, 2], 'an array is no int4range'],
  [multirange, { lower: 1, upper: 2 }, 'an object is no int4multirange'],
  [multirange, [null], 'null is no int4range'],
  [pair, [1], 'an array of 1 for the 2 fields'],
  [pair, { x: 1 }, 'field "y" is undefined'],
  [pair, { x: 1, y: null, [SECRET_VALUE]: 1 }, 'other keys than the fields'],
  [pair, { x: new Date(0), y: SECRET_VALUE }, 'a Date is no integer'],
  [base('vector'), [1, NaN], 'NaN or infinity inside a vector'],
  [base('vector'), [1, SECRET_VALUE.length, null], 'null inside a vector'],
  [base('vector'), HELD, 'an object is no vector'],
];

describe('a value that does not fit its column', () => {
  const cases = MISFITS.map(([type, value, says]) => ({ name: type.type, type, value, says }));
  it.each(cases)('of type $name is refused: $says', async ({ type, value, says }) => {
    const encoder = encoderOf(type, value === null);
    const error = await refusalOf(() => encoder.add([1, value], 7));
    expect(error).toMatchObject({
      code: value === null ? 'POSTGRES_NOT_NULL' : 'POSTGRES_BAD_VALUE',
      retryable: false,
      table: '"sales"."orders"',
      row: 7,
      column: 'the "value"',
    });
    expect(error.message).toMatch(/^Table "sales"\."orders", row 7, column "the \\"value\\"": /);
    expect(error.message).toContain(says);
  });

  it('leaves nothing of its row, and the rows around it stand', async () => {
    const encoder = encoderOf(base('text'));
    encoder.add([1, 'one'], 1);
    await refusalOf(() => encoder.add([2, `${SECRET_VALUE}\0`], 2));
    await refusalOf(() => encoder.add([3, undefined], 3));
    encoder.add([4, null], 4);
    expect(encoder.size).toBe(11);
    expect(encoder.take().toString()).toBe('1\tone\n4\t\\N\n');
    expect(encoder.size).toBe(0);
  });

  it.each([
    ['too few', [1]],
    ['too many', [1, SECRET_VALUE, SECRET_VALUE]],
    ['none', []],
  ])('a row with %s values is refused by table and number', async (_how, row) => {
    const error = await refusalOf(() => encoderOf(base('text')).add(row, 12));
    expect(error).toMatchObject({ code: 'POSTGRES_ROW_WIDTH', retryable: false, row: 12 });
    expect(error.message).toContain(`Table "sales"."orders", row 12: ${row.length} values for 2 columns.`);
  });

  it('null goes into a NOT NULL column of a staging table', () => {
    const columns: ColumnType[] = [{ ...base('jsonb'), name: 'a', notNull: true }];
    const encoder = createRowEncoder(columns, { table: 't', allowNull: true });
    encoder.add([null], 1);
    encoder.add([JSON_NULL], 2);
    expect(encoder.take().toString()).toBe('\\N\nnull\n');
  });

  it('bytes that were taken stay as they were while others are written', () => {
    const encoder = encoderOf(base('text'));
    encoder.add([1, 'first'], 1);
    const taken = encoder.take();
    for (let row = 2; row < 1_000; row++) encoder.add([row, 'other'], row);
    expect(taken.toString()).toBe('1\tfirst\n');
  });
});
