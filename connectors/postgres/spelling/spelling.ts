import type { Block } from '../binary/block.js';

/** The spelling is not one of those whose meaning is known for sure: the server's to read, or to refuse. */
export const NOT_SURE = -1;

/** Most bytes that a value's binary form, length word included, takes beyond those of its spelling. */
export const EXTRA_BYTES = 28;

/**
 * Writes values of one type, given in the text that the server would read, as its binary format has them: a length word, then the bytes.
 * Only usual spellings, those that the server reads in one way whatever its version and settings; all others are `NOT_SURE`.
 */
export interface Spelling {
  /** The binary form is the text itself, whatever it says, behind this many bytes of version (0 or 1). Undefined for other types. */
  readonly version?: 0 | 1;
  /** Writes what stands in `source` from `from` up to `to`, where there is room for it. Returns where it ends, or `NOT_SURE`. */
  write: (block: Block, at: number, source: Uint8Array, from: number, to: number) => number;
}

const ZERO = 0x30;

/** The digit's value; above 9 for anything else. */
export function digitAt(source: Uint8Array, at: number): number {
  return ((source[at] ?? 0) - ZERO) & 0xff;
}

/** Two digits; NaN for anything else. */
export function twoDigits(source: Uint8Array, at: number): number {
  const tens = digitAt(source, at);
  const ones = digitAt(source, at + 1);
  return tens > 9 || ones > 9 ? NaN : tens * 10 + ones;
}

export function textOf(source: Uint8Array, from: number, to: number): string {
  return Buffer.from(source.buffer, source.byteOffset + from, to - from).toString('latin1');
}
