import { TidemarkError } from '../../../contracts/errors.js';
import type { RowSource } from './describe-rows.js';

export interface QueryOptions {
  /** Queries by name, each one SELECT. */
  queries?: Readonly<Record<string, string>> | undefined;
  /** A reference may hold SQL of its own in place of a name. */
  allowQueries?: boolean | undefined;
}

/** @throws TidemarkError `UNKNOWN_QUERY` */
export function findQuery(query: string, { queries = {}, allowQueries = false }: QueryOptions): RowSource {
  if (Object.hasOwn(queries, query)) return source(queries[query] ?? '', `query "${query}"`);
  if (allowQueries) return source(query, 'a query of the input');
  const names = Object.keys(queries);
  throw new TidemarkError(
    names.length === 0
      ? 'The connection has no queries.'
      : `The connection has no query of that name. It has: ${names.join(', ')}.`,
    {
      code: 'UNKNOWN_QUERY',
      retryable: false,
      mend: 'Name one of `queries` of the connection; `allowQueries` lets an input hold SQL of its own.',
    },
  );
}

/** A line of its own: a comment at the query's end must not swallow the bracket. */
function source(sql: string, what: string): RowSource {
  return { from: `(\n${sql.replace(/;\s*$/u, '')}\n) AS tidemark_query`, what };
}
