import type { Block } from '../binary/block.js';
import { writeNumericText } from '../binary/numeric-text.js';
import { Misfit } from '../encode/misfit.js';
import { digitAt, NOT_SURE, textOf, type Spelling } from './spelling.js';

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const NEGATIVE = 0x4000;
/** Longer numbers take the slower way. */
const FAST_DIGITS = 64;
/** No digit of more than one meaning: older servers take no underscores and no hexadecimal numbers, and names of what is no number vary. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

/** numeric: decimal digits go in groups of four, the decimal point between two groups. */
export const numericSpelling: Spelling = {
  write(block, at, source, from, to) {
    const sign = source[from];
    const first = sign === MINUS || sign === PLUS ? from + 1 : from;
    let point = first;
    while (point < to && digitAt(source, point) <= 9) point += 1;
    let end = point;
    if (end < to && source[end] === POINT)
      do end += 1;
      while (end < to && digitAt(source, end) <= 9);
    if (end < to || point === first || to - first > FAST_DIGITS) return writeUnusual(block, at, source, from, to);
    return writeDigits(block, at, source, { first, point, end, isNegative: sign === MINUS });
  },
};

/** Leading and trailing groups of zeros are the server's to take away. */
function writeDigits(
  { view }: Block,
  at: number,
  source: Uint8Array,
  { first, point, end, isNegative }: { first: number; point: number; end: number; isNegative: boolean },
): number {
  const integerGroups = (point - first + 3) >> 2;
  const scale = Math.max(0, end - point - 1);
  let target = at + 12;
  let index = first;
  for (let left = integerGroups; left > 0; left--) {
    const groupEnd = point - (left - 1) * 4;
    let group = 0;
    for (; index < groupEnd; index++) group = group * 10 + digitAt(source, index);
    view.setInt16(target, group);
    target += 2;
  }
  for (index = point + 1; index < end; index += 4) {
    let group = 0;
    for (let place = index; place < index + 4; place++) group = group * 10 + (place < end ? digitAt(source, place) : 0);
    view.setInt16(target, group);
    target += 2;
  }
  view.setInt32(at, target - at - 4);
  view.setInt16(at + 4, (target - at - 12) >> 1);
  view.setInt16(at + 6, integerGroups - 1);
  view.setInt16(at + 8, isNegative ? NEGATIVE : 0);
  view.setInt16(at + 10, scale);
  return target;
}

function writeUnusual(block: Block, at: number, source: Uint8Array, from: number, to: number): number {
  if (to - from > 1_000) return NOT_SURE;
  const text = textOf(source, from, to);
  if (!NUMBER.test(text)) return NOT_SURE;
  try {
    return writeNumericText(block, at, text);
  } catch (error) {
    if (error instanceof Misfit) return NOT_SURE;
    throw error;
  }
}
