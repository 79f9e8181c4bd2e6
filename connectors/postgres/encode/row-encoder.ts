import type { PostgresRow } from '../port.js';
import type { ColumnType } from './column-types.js';
import { CopyText } from './copy-text.js';
import { missingValue, undefinedValue } from './misfit.js';
import { misplaced, wrongWidth } from './row-errors.js';
import { toTextOf } from './to-text.js';

/** Turns rows of JavaScript values into the bytes of `COPY ... FROM STDIN` (text format, UTF-8). */
export interface RowEncoder {
  /**
   * Writes one row, a value per column. A row that does not fit throws a `PostgresError` that names table, row and column and
   * never the value; nothing of that row is written then, and the next one can be.
   * @param rowNumber For the error: from 1.
   */
  add: (row: PostgresRow, rowNumber: number) => void;
  /** Bytes that wait to be taken. */
  readonly size: number;
  /** The bytes so far, whole rows; they are the caller's. */
  take: () => Buffer;
}

/**
 * @param columns In the order of the values, and of the columns that COPY names.
 * @param options `table` is what errors call it. `allowNull`: null goes through even where a column is NOT NULL (a staging table).
 */
export function createRowEncoder(
  columns: readonly ColumnType[],
  options: { table: string; allowNull?: boolean },
): RowEncoder {
  const bytes = new CopyText();
  const fields = columns.map((column) => ({
    column: column.name,
    toText: toTextOf(column),
    nullable: options.allowNull === true || !column.notNull,
  }));
  return {
    get size() {
      return bytes.size;
    },
    take: () => bytes.take(),
    add(row, rowNumber) {
      if (row.length !== fields.length) throw wrongWidth(options.table, rowNumber, row.length, fields.length);
      let index = 0;
      for (const { column, toText, nullable } of fields) {
        const value = row[index];
        try {
          if (value === undefined) throw undefinedValue();
          if (value !== null) bytes.field(toText(value), index === 0);
          else if (nullable) bytes.nullField(index === 0);
          else throw missingValue();
        } catch (error) {
          bytes.dropRow();
          throw misplaced(error, { table: options.table, row: rowNumber, column });
        }
        index += 1;
      }
      bytes.endRow();
    },
  };
}
