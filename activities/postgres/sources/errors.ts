import { TidemarkError } from '../../../contracts/errors.js';

/** The stored watermark is not one of this source: another kind of source has written it. */
export function foreignWatermark(source: string, expected: string): TidemarkError {
  return new TidemarkError(`The high watermark is not one of a source of type '${source}', which is ${expected}.`, {
    code: 'INGEST_WATERMARK_FOREIGN',
    retryable: false,
    mend: "Begin anew with highWatermark '__EARLIEST__', or give a value of that form.",
  });
}

export function missingColumns(source: string, missing: readonly string[], known: string): TidemarkError {
  const names = missing.slice(0, 10).map((name) => JSON.stringify(name));
  return new TidemarkError(`${source} has no column ${names.join(', ')}. ${known}`, {
    code: 'INGEST_SOURCE_COLUMNS',
    retryable: false,
    mend: 'Name the columns of the table as the source does, or rename them in a query (NULL AS "name" for one that is to stay empty).',
  });
}
