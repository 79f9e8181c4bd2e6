import type { ClientBase } from 'pg';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { copyIn } from '../copy.js';
import { isPostgresFailure, PostgresError, postgresFailure } from '../errors.js';
import { once } from '../once.js';
import type { SecondSession } from '../parallel/second-session.js';
import type { TableOf } from '../port.js';
import { quoteName, quoteTable } from '../quote.js';
import { EndMark } from './csv-end-mark.js';
import type { CopySource, CopyTarget } from './portion.js';

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

export interface CopyOptions {
  /** Number of the first row within the batch, from 1. */
  firstRow: number;
  signal: AbortSignal | undefined;
  /** Helps with binary rows, where they are many. */
  second?: SecondSession | undefined;
  /** Told once the source is used up, where that is before the server has all rows. */
  onSent?: (() => unknown) | undefined;
}

/** One COPY, and those of the source's rest. Errors name the row by its number within the batch. */
export async function copyRows(
  client: ClientBase,
  target: CopyTarget,
  source: CopySource,
  { firstRow, onSent, ...options }: CopyOptions,
): Promise<number> {
  let rows = 0;
  for (let part: CopySource | undefined = source; part !== undefined;) {
    const restOfPart: () => CopySource | undefined = once(part.rest ?? (() => undefined));
    const sent = onSent === undefined ? undefined : () => restOfPart() === undefined && onSent();
    rows += await copyPart(client, target, part, { firstRow: firstRow + rows, onSent: sent, ...options });
    part = restOfPart();
  }
  return rows;
}

async function copyPart(
  client: ClientBase,
  target: CopyTarget,
  source: CopySource,
  { firstRow, signal, second, onSent }: CopyOptions,
): Promise<number> {
  const { into, table, freeze = false } = target;
  const { columns, format, chunks, rowOfLine = (line: number) => line } = source;
  const list = columns.map((column) => quoteName(column)).join(', ');
  const sql = `COPY ${into} (${list}) FROM STDIN WITH (${format}${freeze ? ', FREEZE' : ''})`;
  const explain = (error: unknown, copyInto: string, numberOf = (line: number): number => line): unknown => {
    if (error instanceof EndMark) return endsTooEarly(quoteTable(table), firstRow + error.row - 1);
    if (!isPostgresFailure(error)) return error;
    return postgresFailure(error, {
      doing: 'copying rows',
      table: quoteTable(table),
      columns,
      copyInto,
      firstRow,
      rowOfLine: (line) => rowOfLine(numberOf(line)),
    });
  };
  if (second !== undefined && format === 'FORMAT binary')
    return await second.copy(client, target, source, { sql, signal, explain, onSent });
  try {
    return await copyIn(client, sql, chunks, { signal, onSent });
  } catch (error) {
    throw explain(error, target.name);
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
