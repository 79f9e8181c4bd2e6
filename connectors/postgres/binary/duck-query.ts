import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { TidemarkError } from '../../../contracts/errors.js';

export interface DuckColumn {
  name: string;
  type: DuckDBType;
}

/** Columns that a query yields, without running it. */
export async function describeQuery(connection: DuckDBConnection, sql: string, table: string): Promise<DuckColumn[]> {
  try {
    const statement = await connection.prepare(sql);
    try {
      return Array.from({ length: statement.columnCount }, (_, index) => ({
        name: statement.columnName(index),
        type: statement.columnType(index),
      }));
    } finally {
      statement.destroySync();
    }
  } catch (error) {
    throw duckQueryFailed(table, error);
  }
}

/** DuckDB's messages quote values of rows and the query itself: only their kind is kept. */
export function duckQueryFailed(table: string, error: unknown): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const message: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : undefined;
  const [, kind = 'Unknown'] =
    /(?:^|: )([A-Z][\w ]{0,40}?) Error:/u.exec(typeof message === 'string' ? message : '') ?? [];
  const isMemory = kind === 'Out of Memory';
  return new TidemarkError(`The DuckDB query for table ${table} failed: ${kind} error.`, {
    code: isMemory ? 'DUCKDB_OUT_OF_MEMORY' : 'DUCKDB_FAILED',
    retryable: isMemory || kind === 'IO',
    mend: 'Try the query in DuckDB itself, which says more: its words may hold values of rows, so they are left out here.',
  });
}
