import type { Vector } from '@duckdb/node-bindings';
import type { Block } from './block.js';
import { Validity } from './validity.js';

/** Writes the values of one column, as PostgreSQL's binary format has them: a length word, then the value's bytes. */
export abstract class Field {
  /** Most bytes that `write` takes without asking the block for more, length word included. */
  abstract readonly fixedBytes: number;
  /** Of the chunk that was loaded last. */
  readonly validity = new Validity();

  /** Takes the values of the next chunk. The vector is not looked at again once all of them are written. */
  load(vector: Vector, count: number): void {
    this.validity.load(vector, count);
    this.read(vector, count);
  }

  /** Writes a value that is not NULL, and returns where it ends. Throws `Misfit`. */
  abstract write(block: Block, at: number, index: number): number;

  protected abstract read(vector: Vector, count: number): void;
}
