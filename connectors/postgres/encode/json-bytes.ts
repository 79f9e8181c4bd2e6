import type { Block } from '../binary/block.js';
import { EXTRA_BYTES, NOT_SURE } from '../spelling/spelling.js';
import { BYTES_PER_UNIT, writeWide } from './utf8.js';

const MINUS = 0x2d;
const ZERO = 0x30;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `\u0001`, more than any character takes in UTF-8. */
const BYTES_PER_ESCAPE = 6;
/** Those with a letter of their own: backspace, tab, line feed, form feed, carriage return. */
const LETTERS = new Map([
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0c, 0x66],
  [0x0d, 0x72],
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
]);
const HEX = Buffer.from('0123456789abcdef');

/**
 * Writes a value as JSON, as `JSON.stringify` spells it, without a text in between. Returns where it ends; `NOT_SURE` for what
 * takes a closer look: what JSON has no text for, what says its text by `toJSON`, what is beyond 2^53, half characters and NUL.
 */
export function writeJson(block: Block, at: number, value: unknown): number {
  // One comparison after the other: V8 makes a switch over `typeof` look the word up first, each time.
  if (typeof value === 'string') return writeString(block, at, value);
  if (typeof value === 'number') {
    if ((value | 0) === value) return writeSmallInteger(block, at, value);
    // A fraction (of NaN and infinity the remainder is NaN), or a whole number that is exact.
    const isPlain = value % 1 !== 0 ? Number.isFinite(value) : Number.isSafeInteger(value);
    return isPlain ? writeAscii(block, at, String(value)) : NOT_SURE;
  }
  if (typeof value === 'boolean') return writeAscii(block, at, value ? 'true' : 'false');
  if (value === null) return writeAscii(block, at, 'null');
  if (typeof value !== 'object') return NOT_SURE;
  return Array.isArray(value) ? writeArray(block, at, value) : writeObject(block, at, value);
}

/** Of 32 bits. Its digits are written from the last one on, without a text in between. */
function writeSmallInteger(block: Block, start: number, value: number): number {
  block.ensure(start, EXTRA_BYTES);
  const { bytes } = block;
  const isNegative = value < 0;
  if (isNegative) bytes[start] = MINUS;
  const first = isNegative ? start + 1 : start;
  let rest = Math.abs(value);
  let end = first + 1;
  for (let limit = 10; rest >= limit; limit *= 10) end += 1;
  for (let at = end - 1; at >= first; at--) {
    const left = Math.floor(rest / 10);
    bytes[at] = ZERO + rest - left * 10;
    rest = left;
  }
  return end;
}

function writeArray(block: Block, start: number, items: readonly unknown[]): number {
  let at = writeByte(block, start, 0x5b);
  for (let index = 0; index < items.length; index++) {
    if (index > 0) at = writeByte(block, at, 0x2c);
    at = writeJson(block, at, items[index]);
    if (at === NOT_SURE) return NOT_SURE;
  }
  return writeByte(block, at, 0x5d);
}

function writeObject(block: Block, start: number, value: object): number {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return NOT_SURE;
  let at = writeByte(block, start, 0x7b);
  let isFirst = true;
  // `for in`, since Object.entries makes an array for each object. Its keys are the object's.
  for (const key in value) {
    if (key === 'toJSON') return NOT_SURE;
    if (!isFirst) at = writeByte(block, at, 0x2c);
    isFirst = false;
    at = writeString(block, at, key);
    if (at === NOT_SURE) return NOT_SURE;
    at = writeByte(block, at, 0x3a);
    at = writeJson(block, at, (value as Record<string, unknown>)[key]);
    if (at === NOT_SURE) return NOT_SURE;
  }
  return writeByte(block, at, 0x7d);
}

function writeString(block: Block, start: number, text: string): number {
  const { length } = text;
  block.ensure(start, length * BYTES_PER_ESCAPE + EXTRA_BYTES);
  const { bytes } = block;
  let at = start;
  bytes[at++] = QUOTE;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) {
      // Two units are one character, or a half one.
      if (code >= 0xd800 && code <= 0xdfff) return NOT_SURE;
      at = writeWide(bytes, at, text, index);
    } else if (code >= 0x20 && code !== QUOTE && code !== BACKSLASH) bytes[at++] = code;
    else if (code === 0) return NOT_SURE;
    else at = writeEscape(bytes, at, code);
  }
  bytes[at++] = QUOTE;
  return at;
}

function writeEscape(bytes: Buffer, start: number, code: number): number {
  let at = start;
  bytes[at++] = BACKSLASH;
  const letter = LETTERS.get(code);
  if (letter !== undefined) bytes[at++] = letter;
  else {
    bytes[at++] = 0x75;
    bytes[at++] = 0x30;
    bytes[at++] = 0x30;
    bytes[at++] = HEX[code >> 4] ?? 0;
    bytes[at++] = HEX[code & 15] ?? 0;
  }
  return at;
}

function writeAscii(block: Block, at: number, text: string): number {
  block.ensure(at, text.length * BYTES_PER_UNIT + EXTRA_BYTES);
  const { bytes } = block;
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  return at + text.length;
}

function writeByte(block: Block, at: number, byte: number): number {
  block.ensure(at, EXTRA_BYTES);
  block.bytes[at] = byte;
  return at + 1;
}
