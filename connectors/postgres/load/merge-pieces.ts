import type { ClientBase } from 'pg';
import type { ColumnType } from '../encode/column-types.js';
import type { SideSession } from '../parallel/side-session.js';
import { UpsertAside } from '../parallel/upsert-aside.js';
import type { TableOf } from '../port.js';
import { quoteName } from '../quote.js';
import { isInOrder, merge, prepareMerge } from './merge.js';

interface PiecesInto {
  writeTo: TableOf;
  /** Quoted, as `staging` is: the table of rows that are merged at the end. */
  target: string;
  staging: string;
  /** Makes `staging` anew. */
  again: string;
  key: readonly string[];
  columns: readonly ColumnType[];
}

/** Merging piece by piece, where the source and the table are in the key's order. */
export function mergeInPieces(side: SideSession, { writeTo, staging, again, ...into }: PiecesInto): UpsertAside {
  return new UpsertAside({
    side,
    begin: async (client) => {
      const columns = await columnsOfPieces(client, writeTo, into.columns);
      if (columns === undefined || !(await isInOrder(client, into.target, into.key.map(quoteName)))) return undefined;
      const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int4 AS count FROM ${staging}`);
      const merged = rows[0]?.count ?? 0;
      // What came before is merged before.
      if (merged > 0) {
        await merge(client, { staging, ...into, rows: merged });
        await client.query(again);
      }
      return { columns, merged };
    },
    ready: (client, sql) => prepareMerge(client, sql, into.key),
    merge: async (client, piece) => {
      const inOrder = await merge(client, { staging: piece.sql, ...into, rows: piece.rows, isPiece: true });
      await side.drop(client, piece);
      return inOrder;
    },
  });
}

/**
 * Those of the table, collations and all, so that a piece has its order. Undefined where it would be noticed that rows come in pieces: by
 * triggers, or where a row may refer to one that comes in another piece.
 */
async function columnsOfPieces(
  client: ClientBase,
  table: TableOf,
  columns: readonly ColumnType[],
): Promise<ColumnType[] | undefined> {
  const { rows } = await client.query<{ may: boolean; collations: Record<string, string> | null }>(TABLE, [
    table.schema,
    table.name,
  ]);
  const [found] = rows;
  if (found?.may !== true) return undefined;
  return columns.map((column) => {
    const collation = found.collations?.[column.name];
    return collation === undefined ? column : { ...column, type: `${column.type} COLLATE ${collation}` };
  });
}

const TABLE = `
SELECT c.relkind = 'r' AND NOT c.relhasrules AND current_setting('transaction_isolation') = 'read committed'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f' AND conrelid = c.oid AND confrelid = c.oid) AS may,
  (SELECT json_object_agg(a.attname, format('%I.%I', ns.nspname, co.collname))
   FROM pg_catalog.pg_attribute AS a
   JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid AND t.typcollation <> a.attcollation
   JOIN pg_catalog.pg_collation AS co ON co.oid = a.attcollation
   JOIN pg_catalog.pg_namespace AS ns ON ns.oid = co.collnamespace
   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS collations
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2`;
