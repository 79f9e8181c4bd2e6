import { TidemarkError } from '../../../contracts/errors.js';
import { quoteName, quoteTable, type QualifiedName } from '../quote.js';

export function countsDiffer(table: string, rows: number, copied: number): TidemarkError {
  return new TidemarkError(`The file of '${table}' has ${rows} rows, and PostgreSQL took ${copied}.`, {
    code: 'MALFORMED_CSV',
    retryable: false,
    mend: 'Look for empty lines and for carriage returns outside quotes.',
  });
}

export function keyTwice(table: string, key: readonly string[]): TidemarkError {
  const names = key.map((name) => quoteName(name)).join(', ');
  return new TidemarkError(`The file of '${table}' holds a key (${names}) more than once.`, {
    code: 'DUPLICATE_KEYS',
    retryable: false,
    mend: 'PostgreSQL takes 1 and 01 for the same number: give such a key a text type in TitanRDM.',
  });
}

export function noKey(table: QualifiedName, history: boolean): TidemarkError {
  const missing = history
    ? 'versions without trdm_record_id and trdm_sk'
    : 'a table whose definition names no primary key';
  return new TidemarkError(`Changes of ${quoteTable(table)} can't be merged: TitanRDM sent ${missing}.`, {
    code: 'NO_MERGE_KEY',
    retryable: false,
    mend: "Download the table with pattern 'full'.",
  });
}

/** The live table is keyed by version, say: its rows are not those that changes are of. */
export function rowsShareKey(table: QualifiedName, key: readonly string[]): TidemarkError {
  const names = key.map((name) => quoteName(name)).join(', ');
  return new TidemarkError(`Table ${quoteTable(table)} holds several rows of one key (${names}), as with histories.`, {
    code: 'DUPLICATE_KEYS',
    retryable: false,
    mend: "Download it with pattern 'full' once; changes can be merged after that.",
  });
}

/** `kind` is `pg_class.relkind`. */
export function notWritable(table: QualifiedName, kind: string): TidemarkError {
  const what = { v: 'a view', m: 'a materialized view', f: 'a foreign table' }[kind] ?? 'no table';
  return new TidemarkError(`${quoteTable(table)} is ${what}: rows can't be written there.`, {
    code: 'BAD_TABLE_NAME',
    retryable: false,
    mend: 'Rename it, or download into another schema.',
  });
}
