import type { Vector } from '@duckdb/node-bindings';
import type { Block } from './block.js';
import { Field } from './field.js';
import { numbersOf } from './vectors.js';

/** DuckDB stores a UUID as a number of 128 bits whose top bit is turned over, so that numbers sort as the texts do. */
export class UuidField extends Field {
  override readonly fixedBytes = 20;
  #words = new Int32Array();

  override write(block: Block, at: number, index: number): number {
    const { view } = block;
    const from = index * 4;
    view.setInt32(at, 16);
    view.setInt32(at + 4, (this.#words[from + 3] ?? 0) ^ 0x8000_0000);
    view.setInt32(at + 8, this.#words[from + 2] ?? 0);
    view.setInt32(at + 12, this.#words[from + 1] ?? 0);
    view.setInt32(at + 16, this.#words[from] ?? 0);
    return at + 20;
  }

  protected override read(vector: Vector, count: number): void {
    this.#words = numbersOf(vector, count, 4, Int32Array);
  }
}
