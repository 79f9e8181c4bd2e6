import { printable } from '../output.js';

export { bytesText, grouped } from '../../contracts/readable.js';

export interface ColumnSpec<Row> {
  title: string;
  cell: (row: Row) => string;
  /** Numbers stand right. */
  right?: boolean;
  /** Characters after which a text is cut. */
  max?: number;
}

const MAX_CELL = 60;

/** A plain table: titles, then one line per row; columns that are empty in all rows are left out. */
export function columns<Row>(rows: readonly Row[], specs: readonly ColumnSpec<Row>[]): string[] {
  const filled = specs
    .map((spec) => ({
      ...spec,
      cells: rows.map((row) => cut(printable(spec.cell(row)).replaceAll('\n', ' '), spec.max)),
    }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const laidOut = filled.map(({ title, cells, right }) => {
    const width = Math.max(title.length, ...cells.map((cell) => cell.length));
    return [title, ...cells].map((cell) => (right === true ? cell.padStart(width) : cell.padEnd(width)));
  });
  return Array.from({ length: rows.length + 1 }, (_, index) =>
    laidOut
      .map((column) => column[index] ?? '')
      .join('  ')
      .trimEnd(),
  );
}

function cut(text: string, max = MAX_CELL): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
