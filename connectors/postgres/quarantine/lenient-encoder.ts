import { inspect } from 'node:util';
import type { ColumnType } from '../encode/column-types.js';
import { createRowEncoder, type RowEncoder } from '../encode/row-encoder.js';
import { PostgresError } from '../errors.js';
import { PROBLEM_COLUMN, problemText, tellRow, wrongWidth, type Problem } from './problem.js';

/** Longest text of one value that a quarantine keeps of a row that could not be written, in characters. */
const MAX_TOLD = 100_000;

/**
 * As `createRowEncoder`, for a staging table of text: a row that does not fit is no error but is told in one more column, which every row
 * has behind its own.
 */
export function createLenientEncoder(columns: readonly ColumnType[], options: { table: string }): RowEncoder {
  const encoder = createRowEncoder([...columns, PROBLEM_COLUMN], { ...options, allowNull: true });
  const names = columns.map(({ name }) => name);
  const blank = columns.map(() => null);
  return {
    get size() {
      return encoder.size;
    },
    take: () => encoder.take(),
    add(row, rowNumber) {
      let problem: Omit<Problem, 'row'>;
      if (row.length !== columns.length) {
        problem = wrongWidth(row.length, columns.length);
      } else {
        try {
          encoder.add([...row, null], rowNumber);
          return;
        } catch (error) {
          if (!(error instanceof PostgresError)) throw error;
          const { code, column, reason } = error;
          problem = { code, reason, ...(column === undefined ? {} : { column }) };
        }
      }
      encoder.add([...blank, problemText({ ...problem, row: tellRow(row.map(tell), names) })], rowNumber);
    },
  };
}

/** A value that may be of any kind as text, for a person. */
function tell(value: unknown): string | null {
  const text = textOf(value);
  return text === null || text.length <= MAX_TOLD ? text : `${text.slice(0, MAX_TOLD)}… [cut]`;
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (ArrayBuffer.isView(value))
    return `\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}`;
  try {
    if (typeof value !== 'object') return inspect(value);
    // Undefined, against its type, for an object whose toJSON says nothing.
    const json = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) as
      string | undefined;
    return json ?? null;
  } catch {
    // It holds itself, or throws when it is looked at: that it is there is all that can be told.
    return '[unreadable]';
  }
}
