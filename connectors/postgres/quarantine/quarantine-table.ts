import type { ClientBase } from 'pg';
import type { TableOf } from '../port.js';
import { quoteName, quoteTable, quoteText } from '../quote.js';

const COLUMNS = `
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  pipeline text,
  run text NOT NULL,
  table_schema text NOT NULL,
  table_name text NOT NULL,
  row_number bigint NOT NULL,
  column_name text,
  code text NOT NULL,
  reason text NOT NULL,
  "row" jsonb NOT NULL`;

/** Makes the table that bad rows go to, in the transaction that writes them. One quarantine can serve any number of tables. */
export async function ensureQuarantine(client: ClientBase, table: TableOf): Promise<void> {
  const name = quoteTable(table);
  if (await exists(client, table)) return;
  // Two runs that make it at the same time: IF NOT EXISTS alone would let one of them fail.
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`tidemark quarantine ${name}`]);
  if (await exists(client, table)) return;
  const comment = 'Rows that an ingest of Tidemark refused: why, and as text by column.';
  // A role may use a schema that is there without being allowed to make one.
  const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1', [table.schema]);
  if (rowCount === 0) await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(table.schema)}`);
  await client.query(`CREATE TABLE ${name} (${COLUMNS}); COMMENT ON TABLE ${name} IS ${quoteText(comment)}`);
}

/** By the catalogue's tables: to_regclass asks a cache, which may be older than the lock that was waited for. */
async function exists(client: ClientBase, { schema, name }: TableOf): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  return rowCount !== 0;
}
