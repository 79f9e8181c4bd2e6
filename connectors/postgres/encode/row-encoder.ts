import type { PostgresRow } from '../port.js';
import { PostgresError } from '../errors.js';
import type { ColumnType } from './column-types.js';
import { CopyText } from './copy-text.js';
import { Misfit, missingValue, undefinedValue } from './misfit.js';
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

function misplaced(error: unknown, place: { table: string; row: number; column: string }): PostgresError {
  // Anything else is thrown by the value itself (a getter, toJSON, a structure that holds itself), in words that may hold it.
  const { message, mend, code } = error instanceof Misfit ? error : new Misfit('a value that cannot be read');
  return new PostgresError(`${message}.`, {
    code,
    retryable: false,
    ...place,
    ...(mend === undefined ? {} : { mend }),
  });
}

function wrongWidth(table: string, row: number, width: number, wanted: number): PostgresError {
  return new PostgresError(`${width} values for ${wanted} columns.`, {
    code: 'POSTGRES_ROW_WIDTH',
    retryable: false,
    table,
    row,
    mend: 'Give one value per column, in the order of the definition, null for a missing one.',
  });
}
