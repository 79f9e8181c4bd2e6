import { NOT_SURE, textOf, type Spelling } from './spelling.js';

const BOOLEANS = new Map(
  Object.entries({ true: 1, false: 0, yes: 1, no: 0, on: 1, off: 0, t: 1, f: 0, y: 1, n: 0, 1: 1, 0: 0 }),
);
const LONGEST_BOOLEAN = 5;
const LETTER_T = 0x74;
const LETTER_F = 0x66;

/** Whole words and single letters, in any case. */
export const booleanSpelling: Spelling = {
  write({ bytes, view }, at, source, from, to) {
    if (to - from > LONGEST_BOOLEAN) return NOT_SURE;
    const value = booleanOf(source, from, to);
    if (value === undefined) return NOT_SURE;
    view.setInt32(at, 1);
    bytes[at + 4] = value;
    return at + 5;
  },
};

function booleanOf(source: Uint8Array, from: number, to: number): number | undefined {
  // What nearly all files have needs no string.
  const first = source[from];
  if (to - from === 1 && first === LETTER_T) return 1;
  if (to - from === 1 && first === LETTER_F) return 0;
  if (to - from === 4 && isRest(source, from, 0x74, 0x72, 0x75, 0x65)) return 1;
  if (to - from === 5 && source[to - 1] === 0x65 && isRest(source, from, 0x66, 0x61, 0x6c, 0x73)) return 0;
  return BOOLEANS.get(textOf(source, from, to).toLowerCase());
}

function isRest(source: Uint8Array, at: number, first: number, second: number, third: number, fourth: number): boolean {
  return source[at] === first && source[at + 1] === second && source[at + 2] === third && source[at + 3] === fourth;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Hexadecimal digits with four hyphens. */
export const uuidSpelling: Spelling = {
  write({ bytes, view }, at, source, from, to) {
    if (to - from !== 36) return NOT_SURE;
    const text = textOf(source, from, to);
    if (!UUID.test(text)) return NOT_SURE;
    view.setInt32(at, 16);
    bytes.write(text.replaceAll('-', ''), at + 4, 'hex');
    return at + 20;
  },
};

const BYTEA = /^\\x(?:[0-9a-f]{2})*$/i;

/** `\x` and hexadecimal digits. */
export const byteaSpelling: Spelling = {
  write({ bytes, view }, at, source, from, to) {
    const text = textOf(source, from, to);
    if (!BYTEA.test(text)) return NOT_SURE;
    const length = (to - from - 2) / 2;
    view.setInt32(at, length);
    bytes.write(text.slice(2), at + 4, 'hex');
    return at + 4 + length;
  },
};
