import type { Vector } from '@duckdb/node-bindings';
import { Misfit } from '../encode/misfit.js';
import type { Block } from './block.js';
import { Field } from './field.js';
import { Strings } from './strings.js';

/** Text, and whatever PostgreSQL's binary format spells as its text: json, xml, enums. */
export class TextField extends Field {
  override readonly fixedBytes = 4;
  readonly #strings = new Strings(this.validity);

  override write(block: Block, at: number, index: number): number {
    const length = this.#strings.lengthOf(index);
    block.ensure(at, 4 + length);
    block.view.setInt32(at, length);
    if (this.#strings.copy(index, block, at + 4)) throw holdsNul();
    return at + 4 + length;
  }

  protected override read(vector: Vector, count: number): void {
    this.#strings.read(vector, count);
  }
}

/** The text of JSON after the format's version. */
export class JsonbField extends Field {
  override readonly fixedBytes = 5;
  readonly #strings = new Strings(this.validity);

  override write(block: Block, at: number, index: number): number {
    const length = this.#strings.lengthOf(index);
    block.ensure(at, 5 + length);
    block.view.setInt32(at, length + 1);
    block.bytes[at + 4] = 1;
    if (this.#strings.copy(index, block, at + 5)) throw holdsNul();
    return at + 5 + length;
  }

  protected override read(vector: Vector, count: number): void {
    this.#strings.read(vector, count);
  }
}

export class ByteaField extends Field {
  override readonly fixedBytes = 4;
  readonly #strings = new Strings(this.validity);

  override write(block: Block, at: number, index: number): number {
    const length = this.#strings.lengthOf(index);
    block.ensure(at, 4 + length);
    block.view.setInt32(at, length);
    this.#strings.copy(index, block, at + 4);
    return at + 4 + length;
  }

  protected override read(vector: Vector, count: number): void {
    this.#strings.read(vector, count);
  }
}

export function holdsNul(): Misfit {
  return new Misfit('PostgreSQL cannot hold the character NUL', 'Take it out of the text.');
}
