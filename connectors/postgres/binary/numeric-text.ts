import { Misfit } from '../encode/misfit.js';
import type { Block } from './block.js';

/** Digits before the decimal point that numeric can hold, and after it. */
const MAX_INTEGER_DIGITS = 131_072;
const MAX_FRACTION_DIGITS = 16_383;

const POSITIVE = 0x0000;
const NEGATIVE = 0x4000;
const NAN = 0xc000;
const INFINITE = 0xd000;
const MINUS_INFINITE = 0xf000;

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

/** Writes a number that stands as text: decimal digits, with or without point and exponent, `nan` or `inf`. None of its digits is lost. */
export function writeNumericText(block: Block, at: number, given: string): number {
  const text = given.trim();
  const [, sign = '', integer = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (integer === '' && fraction === '') return writeSpecial(block, at, text);
  const shift = Number(exponent);
  const scale = Math.max(0, fraction.length - shift);
  const digits = integer + fraction;
  const first = /[1-9]/.exec(digits)?.index;
  const isNegative = sign === '-';
  if (first === undefined) return writeGroups(block, at, '', -1, isNegative, checkedScale(scale));
  // Power of ten that the first digit other than 0 stands for.
  const power = integer.length + shift - first - 1;
  if (power >= MAX_INTEGER_DIGITS) throw new Misfit('a number with more digits than numeric can hold');
  checkedScale(scale);
  // Digits go in groups of four, the decimal point between two groups.
  const weight = Math.floor(power / 4);
  const before = power - weight * 4;
  const aligned = '0'.repeat(3 - before) + digits.slice(first).replace(/0+$/, '');
  return writeGroups(block, at, aligned, weight, isNegative, scale);
}

function writeGroups(
  block: Block,
  at: number,
  digits: string,
  weight: number,
  isNegative: boolean,
  scale: number,
): number {
  const groups = Math.ceil(digits.length / 4);
  const bytes = 8 + groups * 2;
  block.ensure(at, 4 + bytes);
  writeHeader(block, at, groups, weight, isNegative ? NEGATIVE : POSITIVE, scale);
  for (let group = 0; group < groups; group++) {
    const text = digits.slice(group * 4, group * 4 + 4).padEnd(4, '0');
    block.view.setInt16(at + 12 + group * 2, Number(text));
  }
  return at + 4 + bytes;
}

function writeSpecial(block: Block, at: number, text: string): number {
  const [, minus, word] = /^(-?)\+?(nan|inf(?:inity)?)$/i.exec(text) ?? [];
  if (word === undefined) throw new Misfit('text that is no number', 'Mend it at its source.');
  block.ensure(at, 12);
  const isNan = word.toLowerCase() === 'nan';
  writeHeader(block, at, 0, 0, isNan ? NAN : minus === '-' ? MINUS_INFINITE : INFINITE, 0);
  return at + 12;
}

function writeHeader({ view }: Block, at: number, groups: number, weight: number, sign: number, scale: number): void {
  view.setInt32(at, 8 + groups * 2);
  view.setInt16(at + 4, groups);
  view.setInt16(at + 6, weight);
  view.setUint16(at + 8, sign);
  view.setUint16(at + 10, scale);
}

function checkedScale(scale: number): number {
  if (scale > MAX_FRACTION_DIGITS) throw new Misfit('a number with more digits than numeric can hold');
  return scale;
}
