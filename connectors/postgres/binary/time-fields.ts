import type { Vector } from '@duckdb/node-bindings';
import { Misfit } from '../encode/misfit.js';
import type { Block } from './block.js';
import { Field } from './field.js';
import { Integers } from './integers.js';
import { numbersOf } from './vectors.js';

/** PostgreSQL counts from 2000-01-01, DuckDB from 1970-01-01. */
const DAYS_BETWEEN = 10_957;
const MICROSECONDS_BETWEEN = BigInt(DAYS_BETWEEN) * 86_400_000_000n;
const BETWEEN_LOW = Number(BigInt.asUintN(32, MICROSECONDS_BETWEEN));
const BETWEEN_HIGH = Number(MICROSECONDS_BETWEEN >> 32n);

/** DuckDB's infinite dates and times: the largest integer and its negative. PostgreSQL's: the largest and the smallest. */
const LARGEST = 0x7fff_ffff;
const SMALLEST = -0x8000_0000;

export class DateField extends Field {
  override readonly fixedBytes = 8;
  #days = new Int32Array();

  override write(block: Block, at: number, index: number): number {
    const days = this.#days[index] ?? 0;
    block.view.setInt32(at, 4);
    block.view.setInt32(at + 4, days === LARGEST ? LARGEST : days <= -LARGEST ? SMALLEST : days - DAYS_BETWEEN);
    return at + 8;
  }

  protected override read(vector: Vector, count: number): void {
    this.#days = numbersOf(vector, count, 1, Int32Array);
  }
}

/** Both timestamps: microseconds, those with a zone in UTC. */
export class TimestampField extends Field {
  override readonly fixedBytes = 12;
  readonly #integers = new Integers('int64');

  override write(block: Block, at: number, index: number): number {
    return writeTimestamp(block, at, this.#integers.high(index), this.#integers.low(index));
  }

  protected override read(vector: Vector, count: number): void {
    this.#integers.read(vector, count);
  }
}

/** TIMESTAMP_NS for a timestamp: whole microseconds only. */
export class NanosecondsField extends Field {
  override readonly fixedBytes = 12;
  readonly #integers = new Integers('int64');

  override write(block: Block, at: number, index: number): number {
    const high = this.#integers.high(index);
    const low = this.#integers.low(index);
    if (isInfinite(high, low)) return writeTimestamp(block, at, high, low);
    const nanoseconds = this.#integers.big(index);
    if (nanoseconds % 1000n !== 0n)
      throw new Misfit(
        'a time with a fraction of a microsecond',
        'PostgreSQL keeps microseconds: cast it in the query.',
      );
    const microseconds = nanoseconds / 1000n;
    return writeTimestamp(block, at, Number(microseconds >> 32n), Number(BigInt.asIntN(32, microseconds)));
  }

  protected override read(vector: Vector, count: number): void {
    this.#integers.read(vector, count);
  }
}

/** Microseconds since midnight, in both. */
export class TimeField extends Field {
  override readonly fixedBytes = 12;
  readonly #integers = new Integers('int64');

  override write(block: Block, at: number, index: number): number {
    block.view.setInt32(at, 8);
    block.view.setInt32(at + 4, this.#integers.high(index));
    block.view.setInt32(at + 8, this.#integers.low(index));
    return at + 12;
  }

  protected override read(vector: Vector, count: number): void {
    this.#integers.read(vector, count);
  }
}

/** DuckDB: months, days, microseconds. PostgreSQL: the other way round. */
export class IntervalField extends Field {
  override readonly fixedBytes = 20;
  #words = new Int32Array();

  override write(block: Block, at: number, index: number): number {
    const { view } = block;
    const from = index * 4;
    view.setInt32(at, 16);
    view.setInt32(at + 4, this.#words[from + 3] ?? 0);
    view.setInt32(at + 8, this.#words[from + 2] ?? 0);
    view.setInt32(at + 12, this.#words[from + 1] ?? 0);
    view.setInt32(at + 16, this.#words[from] ?? 0);
    return at + 20;
  }

  protected override read(vector: Vector, count: number): void {
    this.#words = numbersOf(vector, count, 4, Int32Array);
  }
}

function writeTimestamp(block: Block, at: number, high: number, low: number): number {
  const { view } = block;
  view.setInt32(at, 8);
  if (isInfinite(high, low)) {
    view.setInt32(at + 4, high < 0 ? SMALLEST : LARGEST);
    view.setInt32(at + 8, high < 0 ? 0 : -1);
    return at + 12;
  }
  const unsigned = low >>> 0;
  const shifted = high - BETWEEN_HIGH - (unsigned < BETWEEN_LOW ? 1 : 0);
  if (shifted < SMALLEST) throw new Misfit('out of range for timestamp', 'PostgreSQL begins in 4713 BC.');
  view.setInt32(at + 4, shifted);
  view.setInt32(at + 8, (unsigned - BETWEEN_LOW) | 0);
  return at + 12;
}

function isInfinite(high: number, low: number): boolean {
  return (high === LARGEST && low === -1) || (high === SMALLEST && (low === 0 || low === 1));
}
