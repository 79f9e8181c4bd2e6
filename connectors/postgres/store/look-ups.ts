import type { ClientBase } from 'pg';
import { TidemarkError } from '../../../contracts/errors.js';
import { quoteName } from '../quote.js';

/** `pg_class.relkind` of what has rows to read: tables, partitioned ones, views, materialized views, foreign tables. */
const READABLE = `('r', 'p', 'v', 'm', 'f')`;

/** Names of all that can be read in a schema, sorted; of a partitioned table its own name alone. */
export async function tablesOf(client: ClientBase, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind IN ${READABLE} AND NOT c.relispartition
    ORDER BY c.relname COLLATE "C"`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

/** Undefined when there is nothing of that name that can be read. */
export async function columnsOf(client: ClientBase, schema: string, table: string): Promise<string[] | undefined> {
  const { rows } = await client.query<{ columns: string[] }>(
    `SELECT array(
        SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      ) AS columns
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ${READABLE}`,
    [schema, table],
  );
  return rows[0]?.columns;
}

/** `from` is SQL, `condition` too, with WHERE. */
export async function presence(client: ClientBase, from: string, condition: string): Promise<'empty' | 'rows'> {
  // The parameter is for the sake of the extended protocol, which takes one statement only.
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM ${from}${condition} LIMIT $1) AS found`,
    [1],
  );
  return rows[0]?.found === true ? 'rows' : 'empty';
}

/** Errors `STORE_DENIED`, `STORE_NOT_FOUND`. */
export async function checkSchema(client: ClientBase, schema: string): Promise<void> {
  const { rows } = await client.query<{ exists: boolean; mayUse: boolean; mayCreate: boolean }>(
    `SELECT n.oid IS NOT NULL AS exists, coalesce(has_schema_privilege(n.oid, 'USAGE'), false) AS "mayUse",
      has_database_privilege(current_database(), 'CREATE') AS "mayCreate"
    FROM (SELECT) one LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1`,
    [schema],
  );
  const found = rows[0];
  if (found?.exists === true && !found.mayUse) throw denied(schema);
  if (found?.exists === false && !found.mayCreate) throw noSchema(schema);
}

function denied(schema: string): TidemarkError {
  return new TidemarkError(`Schema ${quoteName(schema)}: the role may not use it.`, {
    code: 'STORE_DENIED',
    retryable: false,
    mend: `GRANT USAGE ON SCHEMA ${quoteName(schema)} to it.`,
  });
}

function noSchema(schema: string): TidemarkError {
  return new TidemarkError(`There is no schema ${quoteName(schema)}, and the role may not create it.`, {
    code: 'STORE_NOT_FOUND',
    retryable: false,
    mend: 'Create it, or mend `schema` of the connection.',
  });
}
