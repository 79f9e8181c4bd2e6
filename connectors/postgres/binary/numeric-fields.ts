import type { Vector } from '@duckdb/node-bindings';
import type { Block } from './block.js';
import { Field } from './field.js';
import { Integers, type IntegerLayout } from './integers.js';
import { writeNumericText } from './numeric-text.js';
import { Strings } from './strings.js';

/** Up to this scale, the fraction of a number below 2^53 fits three groups of four digits, and all arithmetic with doubles is exact. */
const MAX_FAST_SCALE = 12;
const NEGATIVE = 0x4000;

/** DECIMAL, or an integer (scale 0), for numeric: groups of four decimal digits. */
export class DecimalField extends Field {
  /** Seven groups at most on the fast way. */
  override readonly fixedBytes = 4 + 8 + 2 * 7;
  readonly #integers: Integers;
  readonly #power: number;
  readonly #fractionGroups: number;
  readonly #fractionFactor: number;

  constructor(
    layout: IntegerLayout,
    private readonly scale: number,
  ) {
    super();
    this.#integers = new Integers(layout);
    this.#power = 10 ** scale;
    this.#fractionGroups = Math.ceil(scale / 4);
    this.#fractionFactor = 10 ** (this.#fractionGroups * 4 - scale);
  }

  override write(block: Block, at: number, index: number): number {
    const value = this.scale <= MAX_FAST_SCALE ? this.#integers.small(index) : NaN;
    if (Number.isNaN(value)) return writeNumericText(block, at, this.#textOf(index));
    return this.#writeSmall(block, at, value);
  }

  protected override read(vector: Vector, count: number): void {
    this.#integers.read(vector, count);
  }

  #writeSmall({ view }: Block, at: number, value: number): number {
    const positive = Math.abs(value);
    // The quotient may have been rounded up to the next integer.
    let integer = Math.floor(positive / this.#power);
    if (integer * this.#power > positive) integer -= 1;
    let fraction = (positive - integer * this.#power) * this.#fractionFactor;
    const integerGroups = integer === 0 ? 0 : integer < 1e4 ? 1 : integer < 1e8 ? 2 : integer < 1e12 ? 3 : 4;
    let groups = integerGroups + (fraction === 0 ? 0 : this.#fractionGroups);
    const start = at + 12;
    for (let group = integerGroups - 1; group >= 0; group--) {
      const rest = Math.floor(integer / 1e4);
      view.setInt16(start + group * 2, integer - rest * 1e4);
      integer = rest;
    }
    for (let group = groups - 1; group >= integerGroups; group--) {
      const rest = Math.floor(fraction / 1e4);
      view.setInt16(start + group * 2, fraction - rest * 1e4);
      fraction = rest;
    }
    while (groups > 0 && view.getInt16(start + groups * 2 - 2) === 0) groups -= 1;
    view.setInt32(at, 8 + groups * 2);
    view.setInt16(at + 4, groups);
    view.setInt16(at + 6, integerGroups - 1);
    view.setInt16(at + 8, value < 0 ? NEGATIVE : 0);
    view.setInt16(at + 10, this.scale);
    return start + groups * 2;
  }

  #textOf(index: number): string {
    const value = this.#integers.big(index);
    const digits = (value < 0n ? -value : value).toString().padStart(this.scale + 1, '0');
    const point = digits.length - this.scale;
    return `${value < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
  }
}

/** Text for numeric, and DOUBLE by way of its shortest text. */
export class NumericTextField extends Field {
  override readonly fixedBytes = 0;
  readonly #strings = new Strings(this.validity);

  override write(block: Block, at: number, index: number): number {
    const length = this.#strings.lengthOf(index);
    // Its text is put where its digits come to stand.
    block.ensure(at, length);
    this.#strings.copy(index, block, at);
    return writeNumericText(block, at, block.bytes.toString('latin1', at, at + length));
  }

  protected override read(vector: Vector, count: number): void {
    this.#strings.read(vector, count);
  }
}
