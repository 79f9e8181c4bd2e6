import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { ColumnType } from '../encode/column-types.js';

/** Where COPY writes to. */
export interface CopyTarget {
  /** SQL of the table that COPY writes to. */
  into: string;
  /** Its unquoted name. */
  name: string;
  /** What errors call the table. */
  table: PostgresTable;
  /** Rows are written as if they had always been there: for a table of this very transaction. */
  freeze?: boolean;
}

/** Bytes for one COPY, and maybe for more. */
export interface CopySource {
  /** Names of the columns in the order of the bytes; those left out become NULL. */
  columns: readonly string[];
  /** What stands in `WITH (...)`: `FORMAT csv`. */
  format: string;
  chunks: AsyncIterable<Uint8Array>;
  /** Number of the row that a line of the COPY belongs to, counted from 1; left out: the same. */
  rowOfLine?: (line: number) => number;
  /** Asked once the chunks are used up: rows that another COPY is to take, right behind these. */
  rest?: () => CopySource | undefined;
}

/** Rows of one table that one COPY takes. To be used up before the next one is asked for. */
export interface Portion {
  table: PostgresTable;
  /**
   * @param types Columns of the table that is written to, in its definition's order.
   * @param firstRow Number of the first row within the batch, from 1, for errors.
   * @param isLenient For a quarantine: no row is thrown. Text has one more column, that of `createLenientEncoder`; CSV stays as it is.
   */
  open: (types: readonly ColumnType[], firstRow: number, isLenient: boolean) => CopySource | Promise<CopySource>;
}
