import duckdb, { type Vector } from '@duckdb/node-bindings';
import { Misfit } from '../encode/misfit.js';
import type { Block } from './block.js';
import { Field } from './field.js';
import { numbersOf } from './vectors.js';

/** LIST for an array; lists of lists become its dimensions, which must be rectangular. */
export class ArrayField extends Field {
  override readonly fixedBytes = 0;
  readonly #levels: readonly Level[];
  /** Length of each dimension of the array that is being written. */
  #sizes: number[] = [];
  #nulls = 0;

  /** @param elementOid The element's type at the server. */
  constructor(
    dimensions: number,
    private readonly elementOid: number,
    private readonly element: Field,
  ) {
    super();
    this.#levels = Array.from({ length: dimensions }, () => new Level());
  }

  override write(block: Block, start: number, index: number): number {
    this.#sizes = this.#sizesOf(index);
    this.#nulls = 0;
    const dimensions = this.#sizes.includes(0) ? 0 : this.#sizes.length;
    block.ensure(start, 16 + dimensions * 8);
    block.view.setInt32(start + 4, dimensions);
    block.view.setInt32(start + 12, this.elementOid);
    for (let dimension = 0; dimension < dimensions; dimension++) {
      block.view.setInt32(start + 16 + dimension * 8, this.#sizes[dimension] ?? 0);
      block.view.setInt32(start + 20 + dimension * 8, 1);
    }
    const end = this.#writeLevel(block, start + 16 + dimensions * 8, 0, index);
    block.view.setInt32(start, end - start - 4);
    block.view.setInt32(start + 8, this.#nulls === 0 ? 0 : 1);
    return end;
  }

  protected override read(vector: Vector, count: number): void {
    let current = vector;
    let size = count;
    for (const level of this.#levels) {
      level.load(current, size);
      size = duckdb.list_vector_get_size(current);
      current = duckdb.list_vector_get_child(current);
    }
    this.element.load(current, size);
  }

  /** As the first list of each level has it: all others must be the same. */
  #sizesOf(index: number): number[] {
    const sizes: number[] = [];
    let at = index;
    for (const level of this.#levels) {
      const isThere = !sizes.includes(0) && !level.validity.isNull(at);
      sizes.push(isThere ? level.lengthOf(at) : 0);
      at = level.startOf(at);
    }
    return sizes;
  }

  #writeLevel(block: Block, start: number, depth: number, index: number): number {
    const level = this.#levels[depth];
    if (level === undefined) return this.#writeElement(block, start, index);
    if (depth > 0 && level.validity.isNull(index))
      throw new Misfit('an array with NULL in the place of an inner array', 'Fill it in the query.');
    const first = level.startOf(index);
    const length = level.lengthOf(index);
    if (length !== this.#sizes[depth])
      throw new Misfit('an array whose inner arrays have different lengths', 'PostgreSQL wants them of one length.');
    let at = start;
    for (let place = first; place < first + length; place++) at = this.#writeLevel(block, at, depth + 1, place);
    return at;
  }

  #writeElement(block: Block, at: number, index: number): number {
    block.ensure(at, this.element.fixedBytes + 4);
    if (!this.element.validity.isNull(index)) return this.element.write(block, at, index);
    this.#nulls += 1;
    block.view.setInt32(at, -1);
    return at + 4;
  }
}

/** The lists of one level: where each begins among the values of the next level, and how many it holds, as 64-bit integers. */
class Level extends Field {
  override readonly fixedBytes = 0;
  #words = new Uint32Array();

  override write(): number {
    throw new TypeError('a level of lists is not written by itself');
  }

  startOf(index: number): number {
    return this.#words[index * 4] ?? 0;
  }

  lengthOf(index: number): number {
    return this.#words[index * 4 + 2] ?? 0;
  }

  protected override read(vector: Vector, count: number): void {
    this.#words = numbersOf(vector, count, 4, Uint32Array);
  }
}
