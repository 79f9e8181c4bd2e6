import { TidemarkError } from '../../../contracts/errors.js';
import type { ColumnType } from '../encode/column-types.js';
import type { DuckColumn } from './duck-query.js';

/** A query's columns go by their exact names, each one once; those of the table that it has not become NULL. */
export function matchColumns(columns: readonly ColumnType[], found: readonly DuckColumn[], table: string): void {
  const known = new Set(columns.map(({ name }) => name));
  const names = found.map(({ name }) => name);
  const unknown = names.filter((name) => !known.has(name));
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  if (unknown.length > 0)
    throw columnsError(
      table,
      `yields columns that the table has not: ${listed(unknown)}`,
      `It has ${listed([...known])}.`,
    );
  if (twice.length > 0)
    throw columnsError(table, `yields a column twice: ${listed([...new Set(twice)])}`, 'Name each column once.');
}

function columnsError(table: string, problem: string, mend: string): TidemarkError {
  return new TidemarkError(`The DuckDB query for table ${table} ${problem}.`, {
    code: 'INGEST_QUERY_COLUMNS',
    retryable: false,
    mend: `Columns are matched by their exact names. ${mend}`,
  });
}

function listed(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}
