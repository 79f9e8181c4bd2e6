import type { ClientBase, QueryResult, QueryResultRow } from 'pg';

/** Sends the statements, none of which has parameters, in one go: one after the other, as long as none fails. Returns the rows of the last one. */
export async function rowsOfLast<R extends QueryResultRow>(
  client: ClientBase,
  statements: readonly string[],
): Promise<R[]> {
  // The driver yields one result for each of several statements, which its types do not say.
  const results = (await client.query<R>(statements.join(';\n'))) as QueryResult<R> | readonly QueryResult<R>[];
  return ('rows' in results ? results : results.at(-1))?.rows ?? [];
}
