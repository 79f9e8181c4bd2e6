import type { ClientBase } from 'pg';
import type { JsonValue, TableOf } from '../port.js';
import { quoteTable, quoteText } from '../quote.js';
import { Postgres } from '../client.js';
import { parseWatermark, readComment, type Marker } from './comment.js';

/** What a table says of what has arrived in it. */
export interface StoredWatermark {
  /** Null when there is none: no table, no comment, or null itself. */
  value: JsonValue;
  /** Who has committed last; null when it was not Tidemark. */
  marker: Marker | null;
}

/** The high watermark of an ingest, by its first table. */
export async function readWatermark(connection: Postgres | ClientBase, table: TableOf): Promise<StoredWatermark> {
  const { comment } =
    connection instanceof Postgres
      ? await connection.use((client) => readTableComment(client, table))
      : await readTableComment(connection, table);
  const { watermark, marker } = readComment(comment);
  return { value: parseWatermark(watermark), marker };
}

export interface TableComment {
  exists: boolean;
  comment: string | null;
}

export async function readTableComment(client: ClientBase, table: TableOf): Promise<TableComment> {
  const { rows } = await client.query<CommentRow>(commentStatement(table));
  return commentOf(rows);
}

/** A row of what `commentStatement` reads; none where there is no table. */
export interface CommentRow {
  comment: string | null;
}

/**
 * Reads the catalogue's tables. `to_regclass` would not do: it asks a cache that may be older than what the session has just waited for,
 * and a table that another one has made meanwhile would go unnoticed.
 */
export function commentStatement({ schema, name }: TableOf): string {
  return `SELECT description AS comment
     FROM pg_catalog.pg_class
     JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace
     LEFT JOIN pg_catalog.pg_description
       ON objoid = pg_class.oid AND classoid = 'pg_catalog.pg_class'::regclass AND objsubid = 0
     WHERE nspname = ${quoteText(schema)} AND relname = ${quoteText(name)}`;
}

export function commentOf(rows: readonly CommentRow[]): TableComment {
  return { exists: rows.length > 0, comment: rows[0]?.comment ?? null };
}

export async function writeTableComment(client: ClientBase, table: TableOf, comment: string): Promise<void> {
  await client.query(`COMMENT ON TABLE ${quoteTable(table)} IS ${quoteText(comment)}`);
}
