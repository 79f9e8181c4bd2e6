import type { ClientBase } from 'pg';
import type { ColumnType } from '../encode/column-types.js';
import type { TableOf } from '../port.js';
import { quoteName, quoteTable } from '../quote.js';
import { RowKey } from './row-key.js';

/** First version that reads a range of pages alone. */
const WITH_TID_RANGES = 140_000;
/** Smaller tables are not worth it. */
const MIN_PAGES = 32;

/** A table that can be read page by page, in binary, to be compared with a source. */
export interface LiveTable {
  /** Of the source, in its order. */
  columns: readonly ColumnType[];
  key: RowKey;
  keyNames: readonly string[];
  sql: string;
  pages: number;
  pageBytes: number;
  /** It has triggers that fire even where no row changes. */
  hasStatementTriggers: boolean;
}

interface TableRow {
  pages: number;
  pageBytes: number;
  hasStatementTriggers: boolean;
}

/**
 * Undefined where rows of the table cannot be told by their bytes, or not be read by pages: an older server, another encoding, partitions or
 * heirs, rules, a key whose equality is not that of its bytes.
 * @param names The source's columns, in its order.
 * @param types Those of the table's definition.
 */
export async function findLiveTable(
  client: ClientBase,
  table: TableOf,
  { names, types, key }: { names: readonly string[]; types: readonly ColumnType[]; key: readonly string[] },
): Promise<LiveTable | undefined> {
  const columns = names.flatMap((name) => types.find((type) => type.name === name) ?? []);
  if (columns.length !== names.length || types.some(({ name }) => !names.includes(name))) return undefined;
  const rowKey = RowKey.of(key, columns);
  if (rowKey === undefined) return undefined;
  const { rows } = await client.query<TableRow>(TABLE, [table.schema, table.name, [...key].sort()]);
  const [found] = rows;
  if (found === undefined || found.pages < MIN_PAGES) return undefined;
  return { columns, key: rowKey, keyNames: key, sql: quoteTable(table), ...found };
}

/** Rows of the pages from one on up to another, in the order in which they lie there. */
export function rowsOfPages({ columns, sql }: LiveTable, from: number, to: number): string {
  const list = columns.map(({ name }) => `live.${quoteName(name)}`).join(', ');
  return `COPY (SELECT ${list} FROM ONLY ${sql} AS live
    WHERE live.ctid OPERATOR(pg_catalog.>=) '(${from},0)' AND live.ctid OPERATOR(pg_catalog.<) '(${to},0)') TO STDOUT (FORMAT binary)`;
}

/** Whoever has set a plan's way of reading aside: ranges of pages would be read by going through all of the table. */
export async function readByPages(client: ClientBase): Promise<void> {
  await client.query(`SELECT set_config('enable_tidscan', 'on', true), set_config('enable_seqscan', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true)`);
}

export async function readAsUsual(client: ClientBase): Promise<void> {
  await client.query('RESET enable_tidscan; RESET enable_seqscan; RESET max_parallel_workers_per_gather');
}

// The key is that of the definition, and its collations take nothing for equal but the same bytes. Text comes as it is stored where no
// encoding is turned into another. As JSON a column that an older server lacks is null. Column privileges give no right to see where a row lies.
const TABLE = `
SELECT (pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::int8)::int4 AS pages, current_setting('block_size')::int4 AS "pageBytes",
  EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal AND tgtype & 1 = 0) AS "hasStatementTriggers"
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = $1 AND c.relname = $2
  AND current_setting('server_version_num')::int4 >= ${WITH_TID_RANGES}
  AND current_setting('server_encoding') = 'UTF8' AND current_setting('client_encoding') = 'UTF8'
  AND c.relkind = 'r' AND am.amname = 'heap' AND NOT c.relhassubclass AND NOT c.relhasrules
  AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
  AND $3::text[] = ARRAY(
    SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = c.oid AND attnum = ANY (i.indkey::int2[]) ORDER BY attname::text COLLATE "C")
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_collation WHERE oid = ANY (i.indcollation::oid[]) AND NOT (to_jsonb(pg_collation)->>'collisdeterministic')::bool)`;
