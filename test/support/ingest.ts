import {
  Postgres,
  type Batches,
  type IngestBatch,
  type JsonValue,
  type PostgresTable,
} from '../../connectors/postgres/index.js';
import { quoteTable } from '../../connectors/postgres/quote.js';
import { openDatabase, type TestDatabase } from './postgres.js';

/** A database with a connection to it, for tests of ingests. */
export interface IngestSetting {
  database: TestDatabase;
  postgres: Postgres;
  /** A table of a name that no other has. */
  table: (columns?: PostgresTable['columns'], primaryKey?: string[]) => PostgresTable;
  /** As another session sees it: null when it does not exist. In the order of the first columns. */
  rowsOf: (table: PostgresTable) => Promise<unknown[][] | null>;
  /** Changes when the table is replaced. */
  oidOf: (table: PostgresTable) => Promise<unknown>;
  commentOf: (table: PostgresTable) => Promise<string | null>;
  /** First column of the first row. */
  ask: (sql: string, values?: unknown[]) => Promise<unknown>;
  close: () => Promise<void>;
}

export const ID_AND_VALUE: PostgresTable['columns'] = [
  { name: 'id', type: 'integer' },
  { name: 'value', type: 'text' },
];

export async function openIngestSetting(): Promise<IngestSetting> {
  const database = await openDatabase();
  const postgres = new Postgres({ url: database.url });
  let tables = 0;
  const ask = (sql: string, values: unknown[] = []): Promise<unknown> =>
    postgres.use(async (client) => {
      const { rows } = await client.query<unknown[]>({ text: sql, values, rowMode: 'array' });
      return rows[0]?.[0] ?? null;
    });
  const oidOf = (table: PostgresTable): Promise<unknown> => ask('SELECT to_regclass($1)::oid', [quoteTable(table)]);
  return {
    database,
    postgres,
    ask,
    oidOf,
    table: (columns = ID_AND_VALUE, primaryKey) => {
      tables += 1;
      return { schema: 'target', name: `t${tables}`, columns, ...(primaryKey === undefined ? {} : { primaryKey }) };
    },
    rowsOf: async (table) => {
      if ((await oidOf(table)) === null) return null;
      return postgres.use(async (client) => {
        const text = `SELECT * FROM ${quoteTable(table)} ORDER BY 1${table.columns.length > 1 ? ', 2' : ''}`;
        return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
      });
    },
    commentOf: async (table) =>
      (await ask(`SELECT obj_description(to_regclass($1), 'pg_class')`, [quoteTable(table)])) as string | null,
    close: async () => {
      await postgres.close();
      await database.close();
    },
  };
}

/** One batch of rows of one table. */
export function batchOf(
  table: PostgresTable,
  rows: readonly unknown[][],
  highWatermark: JsonValue = null,
): IngestBatch {
  return { highWatermark, rows: rows.map((row) => [table, row] as const) };
}

/** One batch, whatever the watermark. */
export function once(table: PostgresTable, rows: readonly unknown[][], highWatermark: JsonValue = null): Batches {
  return () => [batchOf(table, rows, highWatermark)];
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it was not rejected');
}
