import type { Vector } from '@duckdb/node-bindings';
import { Misfit } from '../encode/misfit.js';
import type { Block } from './block.js';
import { Field } from './field.js';
import { Integers, type IntegerLayout } from './integers.js';
import { numbersOf } from './vectors.js';
import { outOfRange, writeInteger, type IntegerBytes } from './write-integer.js';

export class IntegerField extends Field {
  override readonly fixedBytes = 12;
  readonly #integers: Integers;

  constructor(
    layout: IntegerLayout,
    private readonly bytes: IntegerBytes,
  ) {
    super();
    this.#integers = new Integers(layout);
  }

  override write(block: Block, at: number, index: number): number {
    const integers = this.#integers;
    if (!integers.fitsLong(index)) throw outOfRange(this.bytes);
    return writeInteger(block, at, this.bytes, integers.high(index), integers.low(index));
  }

  protected override read(vector: Vector, count: number): void {
    this.#integers.read(vector, count);
  }
}

/** DOUBLE for an integer column, as other tools write integers that may be missing: whole numbers only, none is rounded. */
export class WholeDoubleField extends Field {
  override readonly fixedBytes = 12;
  #doubles = new Float64Array();

  constructor(private readonly bytes: IntegerBytes) {
    super();
  }

  override write(block: Block, at: number, index: number): number {
    const value = this.#doubles[index] ?? NaN;
    if (!Number.isInteger(value))
      throw new Misfit('a number that is not whole, and the column takes integers', 'Round it in the query.');
    if (value < -(2 ** 63) || value >= 2 ** 63) throw outOfRange(this.bytes);
    const high = Math.floor(value / 0x1_0000_0000);
    return writeInteger(block, at, this.bytes, high, (value - high * 0x1_0000_0000) | 0);
  }

  protected override read(vector: Vector, count: number): void {
    this.#doubles = numbersOf(vector, count, 1, Float64Array);
  }
}

export class DoubleField extends Field {
  override readonly fixedBytes = 12;
  #doubles = new Float64Array();

  override write(block: Block, at: number, index: number): number {
    block.view.setInt32(at, 8);
    block.view.setFloat64(at + 4, this.#doubles[index] ?? NaN);
    return at + 12;
  }

  protected override read(vector: Vector, count: number): void {
    this.#doubles = numbersOf(vector, count, 1, Float64Array);
  }
}

export class RealField extends Field {
  override readonly fixedBytes = 8;
  #doubles = new Float64Array();

  override write(block: Block, at: number, index: number): number {
    const value = this.#doubles[index] ?? NaN;
    const real = Math.fround(value);
    // To the nearest is what the type means, as at the server; a number that becomes infinite, or nothing, is refused there, too.
    if ((Number.isFinite(value) && !Number.isFinite(real)) || (real === 0 && value !== 0))
      throw new Misfit('out of range for real', 'Make the column double precision.');
    block.view.setInt32(at, 4);
    block.view.setFloat32(at + 4, real);
    return at + 8;
  }

  protected override read(vector: Vector, count: number): void {
    this.#doubles = numbersOf(vector, count, 1, Float64Array);
  }
}

export class BooleanField extends Field {
  override readonly fixedBytes = 5;
  #bytes = new Uint8Array();

  override write(block: Block, at: number, index: number): number {
    block.view.setInt32(at, 1);
    block.bytes[at + 4] = this.#bytes[index] === 0 ? 0 : 1;
    return at + 5;
  }

  protected override read(vector: Vector, count: number): void {
    this.#bytes = numbersOf(vector, count, 1, Uint8Array);
  }
}
