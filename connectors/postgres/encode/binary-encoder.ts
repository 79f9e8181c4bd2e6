import { Block } from '../binary/block.js';
import { copyEnd, copyStart } from '../binary/copy-format.js';
import type { PostgresRow } from '../port.js';
import { NOT_SURE } from '../spelling/spelling.js';
import { binaryValueOf, type BinaryValue } from './binary-values.js';
import type { ColumnType } from './column-types.js';
import { missingValue, undefinedValue } from './misfit.js';
import { misplaced, wrongWidth } from './row-errors.js';

/** Length words of NULL, and the number of fields that a row begins with. */
const NULL_BYTES = 4;
const WIDTH_BYTES = 2;

/** Turns rows of JavaScript values into the bytes of `COPY ... FROM STDIN (FORMAT binary)`, as `RowEncoder` does for text. */
export class BinaryEncoder {
  readonly #fields: { column: string; nullable: boolean; write: BinaryValue }[];
  readonly #block: Block;
  #at: number;

  private constructor(
    private readonly table: string,
    columns: readonly ColumnType[],
    writers: readonly BinaryValue[],
  ) {
    this.#fields = writers.map((write, index) => ({
      column: columns[index]?.name ?? '',
      nullable: columns[index]?.notNull !== true,
      write,
    }));
    this.#block = new Block(WIDTH_BYTES + writers.length * NULL_BYTES);
    this.#at = copyStart(this.#block);
  }

  /** Undefined where the text of one of the columns is the server's alone to read. */
  static of(columns: readonly ColumnType[], { table }: { table: string }): BinaryEncoder | undefined {
    const writers = columns.flatMap((column) => binaryValueOf(column) ?? []);
    return writers.length === columns.length ? new BinaryEncoder(table, columns, writers) : undefined;
  }

  /** Bytes that wait to be taken. */
  get size(): number {
    return this.#at;
  }

  /** Writes one row, or says false: a value is spelt in a way that the server alone can read. Throws as `RowEncoder` does. */
  add(row: PostgresRow, rowNumber: number): boolean {
    const fields = this.#fields;
    const block = this.#block;
    if (row.length !== fields.length) throw wrongWidth(this.table, rowNumber, row.length, fields.length);
    let at = this.#at;
    block.ensure(at, 0);
    block.view.setInt16(at, fields.length);
    at += WIDTH_BYTES;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index];
      if (field === undefined) return false;
      const value = row[index];
      try {
        if (value === null) {
          if (!field.nullable) throw missingValue();
          block.view.setInt32(at, -1);
          at += NULL_BYTES;
          continue;
        }
        if (value === undefined) throw undefinedValue();
        at = field.write(block, at, value);
      } catch (error) {
        throw misplaced(error, { table: this.table, row: rowNumber, column: field.column });
      }
      if (at === NOT_SURE) return false;
    }
    this.#at = at;
    return true;
  }

  /** The bytes so far, whole rows; they are the caller's. */
  take(): Buffer {
    const taken = this.#block.take(this.#at);
    this.#at = 0;
    return taken;
  }

  /** The bytes that are left, and what ends the COPY. */
  end(): Buffer {
    this.#at = copyEnd(this.#block, this.#at);
    return this.take();
  }
}
