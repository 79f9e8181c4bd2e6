import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';
import { prepareTable } from '../../connectors/postgres/migrate/index.js';
import type { PreparedTable } from '../../connectors/postgres/port.js';
import { quoteTable, type QualifiedName } from '../../connectors/postgres/quote.js';
import { postgresTableSchema, type PostgresTable } from '../../contracts/postgres-table.js';
import { openDatabase, testPostgresUrl, type TestDatabase } from './postgres.js';

/** What a test of migrations works with: a database of the file's own, with the schema `s`. */
export interface MigrationSite {
  readonly database: TestDatabase;
  /** The session that migrates. */
  readonly client: pg.Client;
  /** Somebody else. */
  readonly reader: pg.Client;
  /** Creates roles that are dropped with the database: they belong to the server, so their names are a file's own. */
  createRoles: (...names: readonly string[]) => Promise<void>;
}

/** Opens the database before the tests of a file and drops it after them. */
export function migrationSite(): MigrationSite {
  let database: TestDatabase | undefined;
  const sessions: pg.Client[] = [];
  const roles: string[] = [];
  beforeAll(async () => {
    database = await openDatabase();
    sessions.push(await database.connect(), await database.connect());
    await sessions[0]!.query('CREATE SCHEMA s');
  });
  afterAll(async () => {
    await database?.close();
    if (roles.length === 0) return;
    const server = new pg.Client({ connectionString: testPostgresUrl() });
    await server.connect();
    await server.query(`DROP ROLE ${roles.join(', ')}`);
    await server.end();
  });
  return {
    get database() {
      return database!;
    },
    get client() {
      return sessions[0]!;
    },
    get reader() {
      return sessions[1]!;
    },
    createRoles: async (...names) => {
      for (const name of names) {
        // One that a run which was ended from outside has left is as good.
        const { rowCount } = await sessions[0]!.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
        if (rowCount === 0) await sessions[0]!.query(`CREATE ROLE ${name}`);
        roles.push(name);
      }
    },
  };
}

/** A definition in short: `{ id: 'integer' }` for the columns. */
export function define(
  name: string,
  columns: Readonly<Record<string, string>>,
  more: Partial<Omit<PostgresTable, 'columns'>> & { notNull?: readonly string[]; unique?: readonly string[] } = {},
): PostgresTable {
  const { notNull = [], unique = [], ...rest } = more;
  return postgresTableSchema.parse({
    schema: 's',
    name,
    columns: Object.entries(columns).map(([column, type]) => ({
      name: column,
      type,
      ...(notNull.includes(column) ? { nullable: false } : {}),
      ...(unique.includes(column) ? { unique: true } : {}),
    })),
    ...rest,
  });
}

export interface BatchOptions {
  deleteFirst?: boolean;
  /** Before `swap`: what a callback of the batch sees. */
  beforeSwap?: (prepared: PreparedTable) => Promise<void>;
}

/** One batch as the ingest does it, its rows inserted by hand; rolled back when anything fails. */
export async function batch(
  client: pg.Client,
  definition: PostgresTable,
  rows: readonly (readonly unknown[])[] = [],
  { deleteFirst = false, beforeSwap }: BatchOptions = {},
): Promise<PreparedTable> {
  await client.query('BEGIN');
  try {
    const prepared = await prepareTable(client, definition, { deleteFirst });
    for (const row of rows) {
      const places = row.map((_, index) => `$${index + 1}`).join(', ');
      await client.query(`INSERT INTO ${quoteTable(prepared.writeTo)} VALUES (${places})`, [...row]);
    }
    await prepared.addKeys();
    await prepared.finish();
    await beforeSwap?.(prepared);
    await prepared.swap();
    await client.query('COMMIT');
    return prepared;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Rows of a table or view as arrays, in the order of all columns. */
export async function rowsOf(client: pg.Client, table: string | QualifiedName): Promise<unknown[][]> {
  const name = typeof table === 'string' ? table : quoteTable(table);
  const { rows } = await client.query<unknown[]>({ text: `SELECT * FROM ${name} AS t ORDER BY t`, rowMode: 'array' });
  return rows;
}

/** Identity of a relation: another one after it was replaced. */
export async function oidOf(client: pg.Client, table: string | QualifiedName): Promise<string | null> {
  const name = typeof table === 'string' ? table : quoteTable(table);
  const { rows } = await client.query<{ oid: string | null }>('SELECT to_regclass($1)::oid::text AS oid', [name]);
  return rows[0]!.oid;
}

/** The text of the one value that a query yields. */
export async function valueOf(client: pg.Client, query: string, values: unknown[] = []): Promise<unknown> {
  const { rows } = await client.query<unknown[]>({ text: query, values, rowMode: 'array' });
  return rows[0]?.[0];
}
