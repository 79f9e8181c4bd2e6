import type { ClientBase } from 'pg';
import type { WriteOptions } from '../../tables/port.js';
import { lockTables } from '../lock/advisory.js';
import { changesBetween, prepareTable, readShape, wantedShape, type LiveTable } from '../migrate/index.js';
import type { PreparedTable } from '../port.js';
import { quoteName, quoteTable, type QualifiedName } from '../quote.js';
import { DELETED_AT_COLUMN } from './column-types.js';
import { keepIndexes } from './keep-indexes.js';
import {
  copyFile,
  isUniqueViolation,
  keyStaging,
  refuseTwice,
  STAGING,
  stageFile,
  type FileOfRows,
} from './load-file.js';
import { appendStatements, deltaStatements, keepLatestStatement, replaceStatements, type Merge } from './merge-sql.js';
import { noKey, notWritable, rowsShareKey } from './refusals.js';
import { setSpelling, told } from './session.js';
import { planTable, type TablePlan } from './table-plan.js';

/** A file of rows, and what is to become of it. */
export interface RowsToWrite extends FileOfRows {
  mode: WriteOptions['mode'];
  columns: NonNullable<WriteOptions['columns']>;
  history: boolean;
  soft: boolean;
  /** Asked right before anything changes for others. */
  verify: () => void;
}

/**
 * Brings a file into its table, within the caller's transaction. The table is there all the while, for every reader and under any level
 * of isolation: rows that came are compared with those that are there, and only differences are written. A table whose columns change is
 * built anew beside it and put in its place, with its views, grants and indexes.
 *
 * @returns what was decided about the table
 * @throws TidemarkError `BAD_TABLE_NAME`, `MALFORMED_CSV`, `DUPLICATE_KEYS`, `NO_MERGE_KEY`, those of `prepareTable`
 */
export async function writeRows(client: ClientBase, work: RowsToWrite): Promise<TablePlan> {
  await setSpelling(client);
  // One writer at a time per table; readers are not held up.
  await lockTables(client, [work]);
  const live = await readShape(client, work);
  if (live !== undefined && live.kind !== 'r' && live.kind !== 'p') throw notWritable(work, live.kind);
  const plan = planTable({ ...work, live: live?.columns ?? [] });
  if (work.mode === 'delta' && plan.key.length === 0) throw noKey(work, work.history);
  if (live !== undefined && !plan.isSoft) await dropMarkedRows(client, live);

  const prepared = await prepare(client, work, plan, live);
  const target = prepared?.writeTo ?? work;
  if (prepared?.isBare === true && work.mode === 'replace') {
    await copyFile(client, work, plan, { into: target, freeze: true });
    await refuseTwice(work.name, plan.key, prepared.addKeys());
  } else {
    await prepared?.addKeys();
    await mergeFile(client, work, plan, target);
  }
  await prepared?.finish();
  const nameIndexes =
    live === undefined || prepared === undefined ? undefined : await keepIndexes(client, live, target);
  work.verify();
  await prepared?.swap();
  await nameIndexes?.();
  return plan;
}

/** Undefined when the table can take the rows as it is. The order of its columns and its indexes are its owner's affair. */
async function prepare(
  client: ClientBase,
  work: RowsToWrite,
  plan: TablePlan,
  live: LiveTable | undefined,
): Promise<PreparedTable | undefined> {
  if (live !== undefined) {
    const changes = changesBetween(live, await wantedShape(client, plan.definition));
    const passedOver = new Set(['columns-moved', 'index-added', 'index-removed']);
    if (changes.every(({ kind }) => passedOver.has(kind))) return undefined;
  }
  const deleteFirst = work.mode === 'replace' && !plan.isSoft;
  return prepareTable(client, plan.definition, { deleteFirst }).catch((error: unknown) => {
    if (isUniqueViolation(error)) throw rowsShareKey(work, plan.key);
    throw told(error, { doing: 'changing the columns', table: quoteTable(work) });
  });
}

/** A connection that no longer marks deleted rows must not take them for living ones. */
async function dropMarkedRows(client: ClientBase, live: LiveTable): Promise<void> {
  if (!live.columns.some(({ name }) => name === DELETED_AT_COLUMN)) return;
  await client.query(`DELETE FROM ${quoteTable(live)} WHERE ${quoteName(DELETED_AT_COLUMN)} IS NOT NULL`);
}

async function mergeFile(client: ClientBase, work: RowsToWrite, plan: TablePlan, target: QualifiedName): Promise<void> {
  const columns = plan.incoming.map(({ name }) => name);
  const rows: Merge = {
    target: quoteTable(target),
    staging: quoteTable(STAGING),
    columns,
    key: plan.key,
    soft: plan.isSoft,
  };
  await stageFile(client, work, plan);
  if (work.mode === 'delta') await client.query(keepLatestStatement(rows));
  await keyStaging(client, work, plan);
  for (const statement of statementsFor(work, rows)) {
    await client.query(statement).catch((error: unknown) => {
      throw told(error, { doing: 'merging rows', table: quoteTable(work), columns });
    });
  }
}

function statementsFor({ mode, history }: RowsToWrite, rows: Merge): string[] {
  if (mode === 'replace') return replaceStatements(rows);
  return history ? appendStatements(rows) : deltaStatements(rows);
}
