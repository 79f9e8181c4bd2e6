import { describe, expect, it } from '@jest/globals';
import { Block } from '../connectors/postgres/binary/block.js';
import { writeJson } from '../connectors/postgres/encode/json-bytes.js';
import { NOT_SURE } from '../connectors/postgres/spelling/spelling.js';

function written(value: unknown): string | typeof NOT_SURE {
  const block = new Block(0);
  const end = writeJson(block, 0, value);
  return end === NOT_SURE ? NOT_SURE : block.bytes.toString('utf8', 0, end);
}

/** Text with every kind of character that JSON treats in its own way. */
const TEXTS = [
  '',
  'plain',
  '"',
  '\\',
  '\\u0041',
  Array.from({ length: 31 }, (_, index) => String.fromCharCode(index + 1)).join(''),
  '\u007f\u0080\u07ff\u0800\u2028\u2029\ud7ff\ue000\ufeff\uffff',
  'ä'.repeat(70_000),
  '\n'.repeat(50_000),
];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  9,
  10,
  -10,
  99,
  100,
  1e9,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  -(2 ** 31) - 1,
  0.1,
  -0.5,
  1e-7,
  5e-324,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  123456.789,
];

describe('JSON is written as JSON.stringify spells it', () => {
  it.each(TEXTS.map((text) => [JSON.stringify(text).slice(0, 30), text]))('text %s', (_, text) => {
    expect(written(text)).toBe(JSON.stringify(text));
    expect(written({ [text]: text })).toBe(JSON.stringify({ [text]: text }));
  });

  it.each(NUMBERS)('the number %s', (number) => {
    expect(written(number)).toBe(JSON.stringify(number));
  });

  it.each([
    [true],
    [false],
    [null],
    [[]],
    [{}],
    [[[], {}, null]],
    [{ a: [1, 'b', { c: null }], 2: 'keys that are numbers come first', d: {} }],
    [Object.assign(Object.create(null), { a: 1 })],
  ])('%j', (value: unknown) => {
    expect(written(value)).toBe(JSON.stringify(value));
  });

  it('values of any shape', () => {
    // A generator of its own, so that a failure comes again.
    let state = 7;
    const below = (limit: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
      return state % limit;
    };
    const any = (depth: number): unknown => {
      switch (below(depth > 4 ? 4 : 6)) {
        case 0:
          return below(3) === 0 ? null : below(2) === 0;
        case 1:
          return below(1_000_000) / (1 + below(5));
        case 2:
        case 3:
          return Array.from({ length: below(20) }, () => String.fromCodePoint(1 + below(0xd000))).join('');
        case 4:
          return Array.from({ length: below(5) }, () => any(depth + 1));
        default:
          return Object.fromEntries(
            Array.from({ length: below(5) }, (_, index) => [`${index} ${below(100)}`, any(depth + 1)]),
          );
      }
    };
    for (let round = 0; round < 2_000; round++) {
      const value = any(0);
      expect(written(value)).toBe(JSON.stringify(value));
    }
  });
});

it.each([
  ['undefined', undefined],
  ['undefined inside', { a: undefined }],
  ['a hole', [1, , 2]],
  ['a function', () => 1],
  ['a symbol', Symbol('a')],
  ['a bigint', 1n],
  ['NaN', NaN],
  ['infinity', [Infinity]],
  ['what a number does not hold exactly', 2 ** 53],
  ['a whole number of many digits', 1.5e300],
  ['NUL', 'a\0b'],
  ['NUL in a key', { 'a\0': 1 }],
  ['half a character', '\ud800'],
  ['two halves, which are looked at together elsewhere', '😀'],
  ['a date', { at: new Date(0) }],
  ['what says its text itself', { toJSON: () => 'x' }],
  ['a map', new Map()],
  ['bytes', Buffer.from('x')],
  [
    'an object of a class',
    new (class A {
      a = 1;
    })(),
  ],
])('is not sure of %s', (_, value) => {
  expect(written(value)).toBe(NOT_SURE);
});
