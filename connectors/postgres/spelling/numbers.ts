import { writeInteger, type IntegerBytes } from '../binary/write-integer.js';
import { digitAt, NOT_SURE, textOf, type Spelling } from './spelling.js';

const MINUS = 0x2d;
const PLUS = 0x2b;
/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
/** Digits of bigint, at most. */
const LONG_DIGITS = 19;
const LONG_MAX = 2n ** 63n - 1n;
/** A double nearer to 0 may have lost digits, which the server judges by rules of its own; for real the server's own limits are far away, too. */
const SMALLEST_DOUBLE = 1e-300;
const REAL_LIMITS = { smallest: 1e-37, largest: 3e38 };
const FLOAT_TEXT = /^[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,3})?$/;

/** Whole numbers: digits, with a sign before them or none. */
export function integerSpelling(bytes: IntegerBytes): Spelling {
  const limit = 2 ** (bytes * 8 - 1);
  return {
    write(block, at, source, from, to) {
      const sign = source[from];
      const first = sign === MINUS || sign === PLUS ? from + 1 : from;
      if (first >= to || to - first > LONG_DIGITS) return NOT_SURE;
      let value = 0;
      for (let index = first; index < to; index++) {
        const digit = digitAt(source, index);
        if (digit > 9) return NOT_SURE;
        value = value * 10 + digit;
      }
      if (to - first > EXACT_DIGITS)
        return bytes === 8 ? writeLong(block, at, textOf(source, first, to), sign) : NOT_SURE;
      if (sign === MINUS) value = -value;
      if (value < -limit || value >= limit) return NOT_SURE;
      const high = Math.floor(value / 0x1_0000_0000);
      return writeInteger(block, at, bytes, high, (value - high * 0x1_0000_0000) | 0);
    },
  };
}

function writeLong(block: Parameters<Spelling['write']>[0], at: number, digits: string, sign: number | undefined) {
  const value = sign === MINUS ? -BigInt(digits) : BigInt(digits);
  if (value > LONG_MAX || value < -LONG_MAX - 1n) return NOT_SURE;
  return writeInteger(block, at, 8, Number(value >> 32n), Number(BigInt.asIntN(32, value)));
}

/** To the nearest, as the server reads it. */
export const doubleSpelling: Spelling = {
  write({ view }, at, source, from, to) {
    const value = floatOf(source, from, to);
    if (Number.isNaN(value)) return NOT_SURE;
    view.setInt32(at, 8);
    view.setFloat64(at + 4, value);
    return at + 12;
  },
};

export const realSpelling: Spelling = {
  write({ view }, at, source, from, to) {
    const value = floatOf(source, from, to);
    const size = Math.abs(value);
    if (Number.isNaN(value) || (size !== 0 && (size < REAL_LIMITS.smallest || size > REAL_LIMITS.largest)))
      return NOT_SURE;
    view.setInt32(at, 8);
    view.setFloat64(at + 4, value);
    // Halfway between two: the digits that the double has lost would decide, and the server rounds the digits themselves.
    if ((view.getUint32(at + 8) & 0x1fff_ffff) === 0x1000_0000) return NOT_SURE;
    view.setInt32(at, 4);
    view.setFloat32(at + 4, value);
    return at + 8;
  },
};

function floatOf(source: Uint8Array, from: number, to: number): number {
  // No number that is written out takes more.
  if (to - from > 100) return NaN;
  const text = textOf(source, from, to);
  if (!FLOAT_TEXT.test(text)) return NaN;
  const value = Number(text);
  if (value === 0) return /[1-9]/.test(text.replace(/[eE].*/, '')) ? NaN : value;
  return Number.isFinite(value) && Math.abs(value) >= SMALLEST_DOUBLE ? value : NaN;
}
