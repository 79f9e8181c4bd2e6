import type { Row } from './csv.js';
import { keyOf } from './corrections.js';

export interface Comparison {
  rows: number;
  values: number;
  /** What differs, one line each. */
  differences: string[];
}

/** Compares every value of every row. Columns that the server adds (`trdm_...`) are its own business. */
export function compareRows(
  table: string,
  key: string,
  expected: ReadonlyMap<string, Row>,
  received: readonly Row[],
): Comparison {
  const differences: string[] = [];
  let values = 0;
  const found = new Map(received.map((row) => [keyOf(row, key), row]));
  if (found.size !== received.length) differences.push(`${table}: ${received.length - found.size} keys came twice`);
  for (const [value, row] of expected) {
    const other = found.get(value);
    if (other === undefined) {
      differences.push(`${table} ${value}: did not come back`);
      continue;
    }
    for (const [column, sent] of Object.entries(row)) {
      values += 1;
      if (other[column] !== sent) {
        differences.push(
          `${table} ${value}, ${column}: sent ${JSON.stringify(sent)}, received ${JSON.stringify(other[column])}`,
        );
      }
    }
  }
  for (const value of found.keys())
    if (!expected.has(value)) differences.push(`${table} ${value}: came, though it was not sent`);
  return { rows: received.length, values, differences };
}
