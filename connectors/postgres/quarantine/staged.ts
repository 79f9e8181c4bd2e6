import { randomUUID } from 'node:crypto';
import type { ClientBase } from 'pg';
import { TidemarkError } from '../../../contracts/errors.js';
import type { ColumnType } from '../encode/column-types.js';
import type { TableOf } from '../port.js';
import { quoteName, quoteTable } from '../quote.js';

/** Rows as text: `n`, one column of text for each of `columns`, `problem`. */
export interface Staged {
  /** SQL of the temporary table. */
  staging: string;
  columns: readonly ColumnType[];
  /** SQL of the columns that hold the texts. */
  texts: readonly string[];
}

export interface Refusing {
  table: TableOf;
  constraintsOf: TableOf;
  quarantine: TableOf;
  run: { pipeline?: string | undefined; run: string };
  firstRow: number;
}

/** Why a row is refused. */
export interface Reason {
  /** Of the check, as the table of refused rows names it. */
  k: number;
  state: string | null;
  column: string | null;
  code: string;
  reason: string;
}

/** To the quarantine, and out of the staging table. */
export async function move(
  client: ClientBase,
  { staging, columns, texts }: Staged,
  { quarantine, table, run, firstRow }: Refusing,
  refused: string,
  reasons: readonly Reason[],
): Promise<void> {
  const named = columns.map(({ name }, index) => `${texts[index]} AS ${quoteName(name)}`);
  const values = [
    run.pipeline ?? null,
    run.run,
    table.schema,
    table.name,
    firstRow - 1,
    ...(['k', 'state', 'column', 'code', 'reason'] as const).map((key) => reasons.map((reason) => reason[key])),
  ];
  try {
    await client.query(
      `INSERT INTO ${quoteTable(quarantine)} (pipeline, run, table_schema, table_name, row_number, column_name, code, reason, "row")
      SELECT $1, $2, $3, $4, $5::bigint + n, coalesce(told.column_name, problem::jsonb ->> 'column'), coalesce(told.code, problem::jsonb ->> 'code'),
        coalesce(told.reason, problem::jsonb ->> 'reason'),
        CASE WHEN problem IS NULL THEN (SELECT to_jsonb(named) FROM (SELECT ${named.join(', ')}) AS named) ELSE problem::jsonb -> 'row' END
      FROM pg_temp.${refused} AS refused JOIN ${staging} AS staged USING (n)
      LEFT JOIN unnest($6::int[], $7::text[], $8::text[], $9::text[], $10::text[]) AS told(k, state, column_name, code, reason)
        ON told.k = refused.k AND told.state IS NOT DISTINCT FROM refused.state
      ORDER BY n`,
      values,
    );
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || !UNFIT_QUARANTINE.includes(code)) throw error;
    throw new TidemarkError(`${quoteTable(quarantine)} cannot be the quarantine: it is another kind of table.`, {
      code: 'QUARANTINE_UNUSABLE',
      retryable: false,
      mend: 'Give the quarantine a name of its own: it is created when it is not there.',
    });
  }
  await client.query(`DELETE FROM ${staging} AS staged USING pg_temp.${refused} AS refused WHERE staged.n = refused.n`);
}

/** Columns that are missing or of other types, more that must not be null, a view. */
const UNFIT_QUARANTINE = ['42703', '42804', '23502', '55000', '42809'];

/** For a temporary table. */
export function temporaryName(): string {
  return `_tmp_${randomUUID().replaceAll('-', '')}`;
}

export function caseOf(branches: readonly string[]): string {
  return branches.length === 0 ? 'NULL' : `CASE ${branches.join(' ')} END`;
}

export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : undefined;
}
