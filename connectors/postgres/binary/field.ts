import type { Vector } from '@duckdb/node-bindings';
import type { Block } from './block.js';
import { validityOf } from './vectors.js';

/** Writes the values of one column, as PostgreSQL's binary format has them: a length word, then the value's bytes. */
export abstract class Field {
  /** Most bytes that `write` takes without asking the block for more, length word included. */
  abstract readonly fixedBytes: number;
  #validity: Uint8Array | undefined;

  /** Takes the values of the next chunk. The vector is not looked at again once all of them are written. */
  load(vector: Vector, count: number): void {
    this.#validity = validityOf(vector, count);
    this.read(vector, count);
  }

  isNull(index: number): boolean {
    const validity = this.#validity;
    return validity !== undefined && ((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0;
  }

  /** Writes a value that is not NULL, and returns where it ends. Throws `Misfit`. */
  abstract write(block: Block, at: number, index: number): number;

  protected abstract read(vector: Vector, count: number): void;
}
