import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { ColumnType } from '../encode/column-types.js';
import { isPostgresFailure, postgresFailure } from '../errors.js';
import type { SecondSession } from '../parallel/second-session.js';
import type { SideSession } from '../parallel/side-session.js';
import type { PreparedTable, TableOf } from '../port.js';
import { quoteName, quoteTable } from '../quote.js';
import type { CopyTarget } from './portion.js';
import { isUniqueViolation, keepLast, merge } from './merge.js';
import { mergeInPieces } from './merge-pieces.js';

export interface StagedRows {
  /** Rows that arrived. */
  rows: number;
  /** Those of them that were staged: the others are there already. */
  staged: number;
  /** To be merged even if there are none: the table has triggers that fire all the same. */
  isAwaited: boolean;
}

/** What writes rows to the staging table: all of them, or those that the live table has not. */
export type StageRows = (
  client: ClientBase,
  target: CopyTarget,
  second: SecondSession | undefined,
) => Promise<StagedRows>;

export interface UpsertPlace {
  writeTo: TableOf;
  table: PostgresTable;
  /** Those of the definition's columns. */
  types: readonly ColumnType[];
  /** Helps where rows are many. */
  side?: SideSession | undefined;
}

/**
 * Rows into a table that has its key: by way of a temporary table, which is written to no log. Of rows with the same key the last one
 * wins. Rows that are there already, byte for byte, are not written again: the table does not grow and its indexes are not touched.
 */
export async function upsert(client: ClientBase, place: UpsertPlace, write: StageRows): Promise<number> {
  const { writeTo, table, types } = place;
  const name = `_tmp_${randomUUID().replaceAll('-', '')}`;
  const staging = `pg_temp.${quoteName(name)}`;
  const into = { target: quoteTable(writeTo), key: table.primaryKey ?? [], columns: types };
  // Takes over types and NOT NULL, so that COPY tells row and column of what is missing.
  const create = `CREATE TEMPORARY TABLE ${quoteName(name)} (LIKE ${quoteTable(writeTo)}) ON COMMIT DROP`;
  const again = `DROP TABLE ${staging}; ${create}`;
  const second = place.side && mergeInPieces(place.side, { writeTo, ...into, staging, again });
  try {
    await client.query(create);
    const { rows, staged, isAwaited } = await write(client, { into: staging, name, table }, second);
    const waiting = staged - (second?.merged ?? 0);
    if (waiting > 0 || (isAwaited && waiting === staged)) await merge(client, { staging, ...into, rows: waiting });
    await client.query(`DROP TABLE ${staging}`);
    return rows;
  } catch (error) {
    throw postgresFailureOf(error, table);
  }
}

/** Primary key and unique constraints of a table that was loaded without them. With `lastWins`, rows that repeat a key go first. */
export async function addKeys(
  client: ClientBase,
  prepared: PreparedTable,
  { lastWins }: { lastWins: boolean },
): Promise<void> {
  const { definition } = prepared;
  const key = definition.primaryKey;
  try {
    if (!lastWins || key === undefined) {
      await prepared.addKeys();
      return;
    }
    await client.query('SAVEPOINT tidemark_keys');
    try {
      await prepared.addKeys();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT tidemark_keys');
      await keepLast(
        client,
        quoteTable(prepared.writeTo),
        key.map((column) => quoteName(column)),
      );
      await prepared.addKeys();
    }
    await client.query('RELEASE SAVEPOINT tidemark_keys');
  } catch (error) {
    throw postgresFailureOf(error, definition, 'building the keys');
  }
}

function postgresFailureOf(error: unknown, table: PostgresTable, doing = 'merging rows'): unknown {
  return isPostgresFailure(error) ? postgresFailure(error, { table: quoteTable(table), doing }) : error;
}
