import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api';
import { duckQueryFailed } from './duck-query.js';

/** A query's rows in chunks of up to 2,048, in its order: while one is worked on, the next one comes. Who ends early ends the query. */
export async function* chunksOf(
  connection: DuckDBConnection,
  sql: string,
  table: string,
): AsyncGenerator<DuckDBDataChunk> {
  let coming: Promise<DuckDBDataChunk | null> | undefined;
  try {
    const result = await connection.stream(sql);
    coming = next(result);
    for (;;) {
      const chunk = await coming;
      coming = undefined;
      if (chunk === null || chunk.rowCount === 0) return;
      coming = next(result);
      yield chunk;
      // Asked once more, so that no garbage collection takes the chunk while pointers into its memory are followed.
      if (chunk.columnCount === 0) return;
    }
  } catch (error) {
    throw duckQueryFailed(table, error);
  } finally {
    if (coming !== undefined) {
      connection.interrupt();
      // What it still says is of no interest; the connection must not be closed before.
      await coming.catch(() => undefined);
    }
  }
}

function next(result: DuckDBResult): Promise<DuckDBDataChunk | null> {
  const chunk = result.fetchChunk();
  // Looked at when it is its turn.
  chunk.catch(() => undefined);
  return chunk;
}
