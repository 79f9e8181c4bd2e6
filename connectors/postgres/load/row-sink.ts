import { BinaryEncoder } from '../encode/binary-encoder.js';
import type { ColumnType } from '../encode/column-types.js';
import type { RowEncoder } from '../encode/row-encoder.js';
import type { PostgresRow } from '../port.js';

/** Rows to bytes, in either of COPY's formats. */
export interface RowSink {
  format: 'FORMAT binary' | 'FORMAT text';
  /** False: nothing of the row was written, and another format must take it. Throws for a row that does not fit. */
  add: (row: PostgresRow, rowNumber: number) => boolean;
  readonly size: number;
  take: () => Buffer;
  /** The last bytes. */
  end: () => Buffer;
}

export function textSink(encoder: RowEncoder): RowSink {
  return {
    format: 'FORMAT text',
    add(row, rowNumber) {
      encoder.add(row, rowNumber);
      return true;
    },
    get size() {
      return encoder.size;
    },
    take: () => encoder.take(),
    end: () => encoder.take(),
  };
}

/** Undefined where a column's type has no binary format that we know. */
export function binarySink(types: readonly ColumnType[], options: { table: string }): RowSink | undefined {
  const encoder = BinaryEncoder.of(types, options);
  if (encoder === undefined) return undefined;
  return {
    format: 'FORMAT binary',
    add: (row, rowNumber) => encoder.add(row, rowNumber),
    get size() {
      return encoder.size;
    },
    take: () => encoder.take(),
    end: () => encoder.end(),
  };
}
