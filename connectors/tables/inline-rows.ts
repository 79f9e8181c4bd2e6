import { Readable } from 'node:stream';
import type { Cell } from '../../contracts/table-reference.js';
import type { CsvTable } from './port.js';

/**
 * Rows that a caller passed, as CSV. Columns in the order in which they are first met; a key that a row lacks is NULL, which is an unquoted
 * empty field, the empty string is `""`; numbers and booleans as JSON spells them. No rows: no byte.
 */
export function inlineTable(rows: readonly Readonly<Record<string, Cell>>[]): CsvTable {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = rows.map((row) =>
    columns.map((column) => cellText(Object.hasOwn(row, column) ? row[column] : null)).join(','),
  );
  const text = columns.length === 0 ? '' : [columns.map(cellText).join(','), ...lines, ''].join('\n');
  const bytes = Buffer.from(text);
  return { stream: Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false }), bytes: bytes.length };
}

function cellText(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return JSON.stringify(cell);
  return cell === '' || /[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
