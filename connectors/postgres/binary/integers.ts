import type { Vector } from '@duckdb/node-bindings';
import { numbersOf } from './vectors.js';

/** How DuckDB stores an integer: kinds of 1 or 2 bytes, and those of one, two and four words of 32 bits. */
export type IntegerLayout = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32' | 'int64' | 'int128';

/** Integers of a vector in words of 32 bits, two's complement, the lowest first: no BigInt per value. */
export class Integers {
  words: Int32Array = new Int32Array();
  readonly perValue: 1 | 2 | 4;

  constructor(private readonly layout: IntegerLayout) {
    this.perValue = layout === 'int128' ? 4 : layout === 'int64' ? 2 : 1;
  }

  read(vector: Vector, count: number): void {
    this.words = this.#wordsOf(vector, count);
  }

  /** The lowest 32 bits. */
  low(index: number): number {
    return this.words[index * this.perValue] ?? 0;
  }

  /** Bits 32 to 63. */
  high(index: number): number {
    return this.perValue === 1 ? this.low(index) >> 31 : (this.words[index * this.perValue + 1] ?? 0);
  }

  /** Whether 64 bits hold it. */
  fitsLong(index: number): boolean {
    if (this.perValue !== 4) return true;
    const sign = this.high(index) >> 31;
    return this.words[index * 4 + 2] === sign && this.words[index * 4 + 3] === sign;
  }

  /** The value itself where 53 bits hold it, else NaN. */
  small(index: number): number {
    if (this.perValue === 1) return this.low(index);
    const high = this.high(index);
    if (high < -0x20_0000 || high >= 0x20_0000 || !this.fitsLong(index)) return NaN;
    return high * 0x1_0000_0000 + (this.low(index) >>> 0);
  }

  big(index: number): bigint {
    const low = (BigInt(this.high(index)) << 32n) | BigInt(this.low(index) >>> 0);
    if (this.perValue !== 4) return low;
    const high = (BigInt(this.words[index * 4 + 3] ?? 0) << 32n) | BigInt((this.words[index * 4 + 2] ?? 0) >>> 0);
    return (high << 64n) | BigInt.asUintN(64, low);
  }

  #wordsOf(vector: Vector, count: number): Int32Array {
    switch (this.layout) {
      case 'int8':
        return Int32Array.from(numbersOf(vector, count, 1, Int8Array));
      case 'uint8':
        return Int32Array.from(numbersOf(vector, count, 1, Uint8Array));
      case 'int16':
        return Int32Array.from(numbersOf(vector, count, 1, Int16Array));
      case 'uint16':
        return Int32Array.from(numbersOf(vector, count, 1, Uint16Array));
      case 'int32':
      case 'int64':
      case 'int128':
        return numbersOf(vector, count, this.perValue, Int32Array);
    }
  }
}
