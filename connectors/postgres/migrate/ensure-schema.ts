import type { ClientBase } from 'pg';
import { quoteName } from '../quote.js';

/**
 * Creates the schema where it is missing. Asks first, since CREATE SCHEMA IF NOT EXISTS wants the right to create even when there is
 * nothing to do.
 */
export async function ensureSchema(client: ClientBase, schema: string): Promise<void> {
  if (await exists(client, schema)) return;
  // IF NOT EXISTS does not see what another open transaction is creating, and fails when that one commits: the first tables of a
  // schema, written at the same time, come one after the other.
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`tidemark schema ${schema}`]);
  // Asked once more: IF NOT EXISTS may go by what this session remembers of the catalogue from before it waited.
  if (!(await exists(client, schema))) await client.query(`CREATE SCHEMA ${quoteName(schema)}`);
}

async function exists(client: ClientBase, schema: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1', [schema]);
  return rowCount !== 0;
}
