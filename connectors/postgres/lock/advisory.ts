import type { ClientBase } from 'pg';
import type { TableOf } from '../port.js';
import { quoteTable, quoteText } from '../quote.js';

/**
 * Waits until no other ingest has one of the tables, up to the end of the transaction. A statement of its own, before any other: what the
 * next one reads is then what the one before us has committed. In the order of their names, so that two never wait for each other.
 */
export async function lockTables(client: ClientBase, tables: readonly TableOf[]): Promise<void> {
  await client.query(lockStatement(tables));
}

/** The statement of `lockTables`, for who sends others with it: each of them sees what has been committed up to its own beginning. */
export function lockStatement(tables: readonly TableOf[]): string {
  const names = tables.map(quoteTable).sort().map(quoteText);
  return `SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(name, 0)) FROM pg_catalog.unnest(ARRAY[${names.join(', ')}]::text[]) AS name`;
}
