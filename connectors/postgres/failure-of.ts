import type { PostgresTable } from '../../contracts/postgres-table.js';
import { isPostgresFailure, postgresFailure } from './errors.js';
import { quoteTable } from './quote.js';

/** What a piece of our own work threw: a failure of the server in our words, anything else (a defect) as it is. */
export function failureOf(error: unknown, doing: string, table?: PostgresTable): unknown {
  if (!isPostgresFailure(error)) return error;
  return postgresFailure(error, { doing, ...(table === undefined ? {} : { table: quoteTable(table) }) });
}
