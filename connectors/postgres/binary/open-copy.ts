import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnType } from '../encode/column-types.js';
import { copyRows, type CopyRowsOptions } from './copy-rows.js';
import { copyText } from './copy-text.js';
import { describeQuery } from './duck-query.js';
import { matchColumns } from './match-columns.js';
import { planBinary } from './plan.js';

/** Bytes for one COPY. */
export interface DuckCopy {
  /** For COPY's list of columns: those that the query yields, in its order. */
  columns: readonly string[];
  format: 'FORMAT binary' | 'FORMAT text';
  chunks: AsyncGenerator<Buffer>;
}

/**
 * A query's rows for `COPY ... FROM STDIN`: binary where each column has an exact way into it, else text (and for a quarantine). The
 * columns are known now; the query runs when the chunks are asked for, and the connection is busy until they end.
 * Throws `INGEST_QUERY_COLUMNS` for a column that the table has not, `DUCKDB_FAILED` for a query that DuckDB cannot run.
 * @param connection Its TimeZone is to be UTC.
 */
export async function openDuckCopy(
  connection: DuckDBConnection,
  query: string,
  columns: readonly ColumnType[],
  options: CopyRowsOptions,
): Promise<DuckCopy> {
  const found = await describeQuery(connection, query, options.table);
  matchColumns(columns, found, options.table);
  const names = found.map(({ name }) => name);
  const plan = options.isLenient === true ? undefined : planBinary(query, columns, found);
  if (plan === undefined)
    return { columns: names, format: 'FORMAT text', chunks: copyText(connection, query, columns, found, options) };
  return { columns: names, format: 'FORMAT binary', chunks: copyRows(connection, plan, options) };
}
