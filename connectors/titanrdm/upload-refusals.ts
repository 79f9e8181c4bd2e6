import { TidemarkError } from '../../contracts/errors.js';
import type { UploadPattern } from '../../contracts/titan-common.js';
import { nearNames } from '../common/near-names.js';

/** Column of a file that says what becomes of each row; TitanRDM reads it past the mapping (titan-rdm-sdk 2.0.0). */
export const TRAN_CODE_COLUMN = 'trdm_tran_code';

// What a file is refused with. Tables, columns and row numbers are named, never a value.

/** `targets`: the column of the table that each column of a file becomes. */
export function unknownColumns(
  table: string,
  header: readonly string[],
  unknown: readonly string[],
  targets: ReadonlyMap<string, string>,
): TidemarkError {
  const known = [...targets.keys()];
  const renames = [...targets].some(([source, target]) => source !== target);
  const mend = `${renames ? 'The import mapping takes' : 'The table has'}: ${list(known, 40)}.`;
  if (!header.some((name) => targets.has(name) || known.some((column) => sameLetters(name, column))))
    return noHeader(table, header.length, mend);
  const sources = new Map([...targets].map(([source, target]) => [target, source]));
  const named = unknown.slice(0, 10).map((name) => {
    const source = sources.get(name);
    if (source !== undefined) return `"${name}" (which the import mapping expects as "${source}")`;
    const near = nearNames(name, known, 2);
    return near.length === 0 ? `"${name}"` : `"${name}" (near: ${list(near)})`;
  });
  const more = unknown.length > 10 ? ` and ${unknown.length - 10} more` : '';
  return new TidemarkError(
    `The file of ${table} has columns that the table has not: ${named.join(', ')}${more}. TitanRDM would ignore them silently.`,
    { code: 'UNKNOWN_COLUMNS', retryable: false, mend: `Rename or remove them. ${mend}` },
  );
}

/** A first line of which not one name is known may be a row: it is not repeated. */
function noHeader(table: string, fields: number, mend: string): TidemarkError {
  const found = fields === 1 ? '1 field' : `${fields} fields`;
  return new TidemarkError(
    `The first line of the file of ${table} (${found}) names none of the table's columns: the header is missing, or its fields are not separated by commas.`,
    { code: 'UNKNOWN_COLUMNS', retryable: false, mend: `Begin the file with a header. ${mend}` },
  );
}

function sameLetters(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.toLowerCase();
}

export function missingColumns(
  table: string,
  names: readonly string[],
  pattern: UploadPattern,
  hasKey: boolean,
): TidemarkError {
  const why = pattern === 'full' ? " Under 'full' TitanRDM would empty what is not in the file." : '';
  return new TidemarkError(`The file of ${table} lacks the columns ${list(names)}.${why}`, {
    code: 'MISSING_COLUMNS',
    retryable: false,
    mend: hasKey
      ? 'Add them: without its whole key a row means no record.'
      : 'Add them, or take them out of the import mapping.',
  });
}

/** Required columns that are not in the file, although some row is no delete. */
export function missingForUpserts(table: string, names: string[], row: number): TidemarkError {
  return new TidemarkError(
    `The file of ${table} lacks the required columns ${list(names)}, and row ${row} is no delete.`,
    {
      code: 'MISSING_COLUMNS',
      retryable: false,
      mend: 'Add them: only a file of deletes can do without.',
    },
  );
}

export function missingCodes(table: string): TidemarkError {
  return new TidemarkError(
    `The file of ${table} has no column "${TRAN_CODE_COLUMN}", which pattern 'incremental_with_delete' needs: i, u or d for each row.`,
    {
      code: 'MISSING_TRANSACTION_CODES',
      retryable: false,
      mend:
        "Add the column; or send the whole table with pattern 'auto', which finds the codes by itself, or with 'full'; " +
        "or, when nothing is to be deleted, use 'incremental_upsert_only'.",
    },
  );
}

export function unexpectedCodes(table: string, pattern: UploadPattern, rows?: string): TidemarkError {
  const where =
    rows === undefined ? `has a column "${TRAN_CODE_COLUMN}"` : `has codes in "${TRAN_CODE_COLUMN}" (${rows})`;
  return new TidemarkError(`The file of ${table} ${where}, which pattern '${pattern}' does not take.`, {
    code: 'UNEXPECTED_TRANSACTION_CODES',
    retryable: false,
    mend: "Drop the column, or use pattern 'incremental_with_delete'.",
  });
}

export function badCodes(table: string, rows: string): TidemarkError {
  return new TidemarkError(
    `The file of ${table} has transaction codes other than i, u and d in "${TRAN_CODE_COLUMN}": ${rows}.`,
    {
      code: 'BAD_TRANSACTION_CODES',
      retryable: false,
      mend: 'Write i, u or d into each row.',
    },
  );
}

export function missingValues(table: string, columns: readonly string[], rows: string): TidemarkError {
  return new TidemarkError(`The file of ${table} has no value in required columns (${list(columns)}): ${rows}.`, {
    code: 'MISSING_REQUIRED_VALUES',
    retryable: false,
    mend: 'Fill them. An unquoted empty field is NULL; "" is the empty string.',
  });
}

export function duplicateKeys(table: string, keys: readonly string[], rows: string): TidemarkError {
  return new TidemarkError(`The file of ${table} has keys (${list(keys)}) that occur more than once: ${rows}.`, {
    code: 'DUPLICATE_KEYS',
    retryable: false,
    mend: 'Each key may occur once in a file: TitanRDM would refuse all of it.',
  });
}

export function fileTooLarge(table: string, problem: string, maxFileBytes: number, mend: string): TidemarkError {
  return new TidemarkError(
    `The file of ${table} is too large for TitanRDM: ${problem}; the limit is ${maxFileBytes} bytes.`,
    {
      code: 'FILE_TOO_LARGE',
      retryable: false,
      mend,
    },
  );
}

export function list(names: readonly string[], most = 10): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  return names.length > most ? `${shown.join(', ')} and ${names.length - most} more` : shown.join(', ');
}
