import { TidemarkError } from '../../../contracts/errors.js';
import type { IngestSource } from '../../../contracts/postgres-inputs.js';
import type { Relation } from '../../../connectors/postgres/cursor-column.js';
import { quoteTable } from '../../../connectors/postgres/quote.js';
import { nearNamesText } from '../../../connectors/common/near-names.js';
import type { PostgresDatabase } from '../dependencies.js';

/** The table, named query or SQL that a source means. */
export function relationOf(source: Extract<IngestSource, { type: 'query' }>, database: PostgresDatabase): Relation {
  if (source.table !== undefined) {
    const sql = quoteTable(source.table);
    return { sql, title: `table ${sql}` };
  }
  if (source.query !== undefined)
    return { sql: derived(queryOf(source.query, database)), title: `query '${source.query}'` };
  if (database.allowQueries !== true) throw notAllowed(source.connection);
  return { sql: derived(source.sql ?? ''), title: 'the SQL of the source' };
}

/** A comment at the end of the query must not swallow the bracket. */
function derived(query: string): string {
  return `(\n${query.replace(/[\s;]+$/u, '')}\n) AS tidemark_source`;
}

function queryOf(name: string, { queries = {} }: PostgresDatabase): string {
  const query = Object.hasOwn(queries, name) ? queries[name] : undefined;
  if (query !== undefined) return query;
  throw new TidemarkError(`The connection has no query '${name}'. ${nearNamesText(name, Object.keys(queries))}`, {
    code: 'INGEST_UNKNOWN_QUERY',
    retryable: false,
    mend: 'Add it to `queries` of the connection.',
  });
}

function notAllowed(connection: string): TidemarkError {
  return new TidemarkError(`Connection '${connection}' allows no SQL in inputs.`, {
    code: 'INGEST_SQL_NOT_ALLOWED',
    retryable: false,
    mend: 'Name one of its `queries`; or set `allowQueries` of the connection, with a role that can only read what everyone who starts workflows may see.',
  });
}
