import { createReadStream } from 'node:fs';
import type { ClientBase } from 'pg';
import { copyIn } from '../copy.js';
import { quoteName, quoteTable, type QualifiedName } from '../quote.js';
import { countsDiffer, keyTwice } from './refusals.js';
import { told } from './session.js';
import type { TablePlan } from './table-plan.js';

/** A whole CSV file that belongs to a table. */
export interface FileOfRows extends QualifiedName {
  path: string;
  /** Undefined for a file without a byte. */
  header: readonly string[] | undefined;
  rows: number;
}

export const STAGING: QualifiedName = { schema: 'pg_temp', name: 'tidemark_rows' };
const READ_BYTES = 256 * 1024;
const UNIQUE_VIOLATION = '23505';

/**
 * Copies the file into a table.
 *
 * @param freeze The table was made in this transaction: its rows are there for transactions that began earlier, too.
 * @throws TidemarkError `MALFORMED_CSV`, those of the server with row and column
 */
export async function copyFile(
  client: ClientBase,
  file: FileOfRows,
  { incoming }: TablePlan,
  { into, freeze }: { into: QualifiedName; freeze: boolean },
): Promise<void> {
  // A file without a byte has no header to skip, and no rows.
  if (file.header === undefined) return;
  const columns = incoming.map(({ name }) => name);
  const names = columns.map((name) => quoteName(name)).join(', ');
  const sql = `COPY ${quoteTable(into)} (${names}) FROM STDIN (FORMAT csv, HEADER true, ENCODING 'UTF8'${freeze ? ', FREEZE true' : ''})`;
  const bytes = createReadStream(file.path, { highWaterMark: READ_BYTES });
  const copied = await copyIn(client, sql, bytes).catch((error: unknown) => {
    // The header is COPY's first line.
    throw told(error, { doing: 'copying rows', table: quoteTable(file), columns, copyInto: into.name, firstRow: 0 });
  });
  // Both read the same bytes: where they see other rows, one of them is wrong about what a row is.
  if (copied !== file.rows) throw countsDiffer(file.name, file.rows, copied);
}

/** Makes the staging table, which is gone at the transaction's end, and copies the file into it. */
export async function stageFile(client: ClientBase, file: FileOfRows, plan: TablePlan): Promise<void> {
  const columns = plan.incoming.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ');
  await client.query(`CREATE TEMPORARY TABLE ${quoteName(STAGING.name)} (${columns}) ON COMMIT DROP`);
  await copyFile(client, file, plan, { into: STAGING, freeze: false });
}

/** Readies the staging table for joins. Without its numbers the planner takes a million rows for a thousand. */
export async function keyStaging(client: ClientBase, { name }: FileOfRows, { key }: TablePlan): Promise<void> {
  const staging = quoteTable(STAGING);
  if (key.length > 0) {
    const columns = key.map((column) => quoteName(column)).join(', ');
    await refuseTwice(name, key, client.query(`ALTER TABLE ${staging} ADD PRIMARY KEY (${columns})`));
  }
  await client.query(`ANALYZE ${staging}`);
}

/** A key that is there twice is the file's fault, and said so. */
export async function refuseTwice(table: string, key: readonly string[], building: Promise<unknown>): Promise<void> {
  await building.catch((error: unknown) => {
    if (isUniqueViolation(error)) throw keyTwice(table, key);
    throw told(error, { doing: 'building the primary key', table });
  });
}

export function isUniqueViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === UNIQUE_VIOLATION;
}
