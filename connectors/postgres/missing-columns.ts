import { TidemarkError } from '../../contracts/errors.js';

/** What rows are read from lacks columns. */
export function missingColumns(source: string, missing: readonly string[], known: string): TidemarkError {
  const names = missing.slice(0, 10).map((name) => JSON.stringify(name));
  return new TidemarkError(`${source} has no column ${names.join(', ')}. ${known}`, {
    code: 'INGEST_SOURCE_COLUMNS',
    retryable: false,
    mend: 'Name the columns of the table as the source does, or rename them in a query (NULL AS "name" for one that is to stay empty).',
  });
}
