import type { ClientBase } from 'pg';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { copyIn } from '../copy.js';
import { isPostgresFailure, PostgresError, postgresFailure } from '../errors.js';
import type { TableOf } from '../port.js';
import { quoteName, quoteTable } from '../quote.js';
import { EndMark } from './csv-end-mark.js';
import type { CopySource } from './portion.js';

export interface CopyTarget {
  /** SQL of the table that COPY writes to. */
  into: string;
  /** Its unquoted name. */
  name: string;
  /** What errors call the table. */
  table: PostgresTable;
  /** Rows are written as if they had always been there: for a table of this very transaction. */
  freeze?: boolean;
}

/** What writes rows to a table: `copyRows`, or what takes the bad ones out. Returns those that arrived there. */
export type WriteRows = (client: ClientBase, target: CopyTarget) => Promise<number>;

/** Rows straight into the table. */
export function append(
  client: ClientBase,
  writeTo: TableOf,
  table: PostgresTable,
  write: WriteRows,
  { freeze }: { freeze: boolean },
): Promise<number> {
  return write(client, { into: quoteTable(writeTo), name: writeTo.name, table, freeze });
}

/** One COPY, and those of the source's rest. Errors name the row by its number within the batch. */
export async function copyRows(
  client: ClientBase,
  target: CopyTarget,
  source: CopySource,
  { firstRow, signal }: { firstRow: number; signal: AbortSignal | undefined },
): Promise<number> {
  let rows = 0;
  for (let part: CopySource | undefined = source; part !== undefined; part = part.rest?.())
    rows += await copyPart(client, target, part, { firstRow: firstRow + rows, signal });
  return rows;
}

async function copyPart(
  client: ClientBase,
  { into, name, table, freeze = false }: CopyTarget,
  { columns, format, chunks, rowOfLine }: CopySource,
  { firstRow, signal }: { firstRow: number; signal: AbortSignal | undefined },
): Promise<number> {
  const list = columns.map((column) => quoteName(column)).join(', ');
  const sql = `COPY ${into} (${list}) FROM STDIN WITH (${format}${freeze ? ', FREEZE' : ''})`;
  try {
    return await copyIn(client, sql, chunks, { signal });
  } catch (error) {
    if (error instanceof EndMark) throw endsTooEarly(quoteTable(table), firstRow + error.row - 1);
    if (!isPostgresFailure(error)) throw error;
    throw postgresFailure(error, {
      doing: 'copying rows',
      table: quoteTable(table),
      columns,
      copyInto: name,
      firstRow,
      ...(rowOfLine === undefined ? {} : { rowOfLine }),
    });
  }
}

function endsTooEarly(table: string, row: number): PostgresError {
  return new PostgresError('a row that reads \\., which older servers take for the end of the data.', {
    code: 'POSTGRES_ROW_WIDTH',
    retryable: false,
    table,
    row,
    mend: 'Take it out: CSV needs no such mark.',
  });
}
