import type { ColumnType } from '../encode/column-types.js';

/** What is wrong with a row that cannot even be staged as text, and the row as far as it can be told. */
export interface Problem {
  column?: string;
  code: string;
  reason: string;
  /** An object by column, or an array where the row has not as many values as there are columns. */
  row: Record<string, string | null> | (string | null)[];
}

/** Behind the columns of the table comes one more, in which such a row is told: as JSON. */
export const PROBLEM_COLUMN: ColumnType = {
  name: 'problem',
  type: 'text',
  kind: 'base',
  base: 'text',
  delimiter: ',',
  notNull: false,
};

/** JSON that jsonb takes. What no text of PostgreSQL holds is written as U+FFFD. */
export function problemText(problem: Problem): string {
  return JSON.stringify(problem, (_key, value: unknown) => (typeof value === 'string' ? holdable(value) : value));
}

/** By column where there is one value for each. */
export function tellRow(values: readonly (string | null)[], columns: readonly string[]): Problem['row'] {
  if (values.length !== columns.length) return [...values];
  return Object.fromEntries(columns.map((column, index) => [column, values[index] ?? null]));
}

export function wrongWidth(values: number, columns: number): Pick<Problem, 'code' | 'reason'> {
  return { code: 'POSTGRES_ROW_WIDTH', reason: `${values} values for ${columns} columns` };
}

function holdable(text: string): string {
  // As bytes and back: half a character has no UTF-8.
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\ufffd');
}
