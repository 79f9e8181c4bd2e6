import type { ClientBase } from 'pg';
import type { TableOf } from '../port.js';
import { quoteTable } from '../quote.js';

/**
 * Waits until no other ingest has one of the tables, up to the end of the transaction. A statement of its own, before any other: what the
 * next one reads is then what the one before us has committed. In the order of their names, so that two never wait for each other.
 */
export async function lockTables(client: ClientBase, tables: readonly TableOf[]): Promise<void> {
  const names = tables.map(quoteTable).sort();
  await client.query(
    'SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(name, 0)) FROM pg_catalog.unnest($1::text[]) AS name',
    [names],
  );
}
