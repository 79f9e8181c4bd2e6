import { TidemarkError } from '../../contracts/errors.js';

/** Bytes that are not the CSV they claim to be. `where` names table and row (`cust_customers, row 7`), never a value. */
export function malformedCsv(where: string, problem: string, mend?: string): TidemarkError {
  return new TidemarkError(`The CSV of ${where} is malformed: ${problem}.`, {
    code: 'MALFORMED_CSV',
    retryable: false,
    mend:
      mend ?? 'Write it as RFC 4180 says: fields with commas, quotes or line breaks in quotes, quotes inside doubled.',
  });
}

export function badEncoding(where: string, found = 'bytes that are not UTF-8'): TidemarkError {
  return new TidemarkError(`The CSV of ${where} holds ${found}.`, {
    code: 'BAD_ENCODING',
    retryable: false,
    mend: 'Write the file as UTF-8.',
  });
}

export function badTableName(name: string, problem: string): TidemarkError {
  return new TidemarkError(`"${name.slice(0, 100)}" can't be the name of a table in a store: ${problem}.`, {
    code: 'BAD_TABLE_NAME',
    retryable: false,
    mend: 'Use the convention key, {domain_abbreviation}_{database_table_name}.',
  });
}

export function outsideRoot(name: string): TidemarkError {
  return new TidemarkError(`The file of table "${name}" is a link that leads out of the store's folder.`, {
    code: 'PATH_OUTSIDE_ROOT',
    retryable: false,
    mend: 'Put the file itself into the folder.',
  });
}

export function ambiguousTable(name: string, files: readonly string[]): TidemarkError {
  return new TidemarkError(`Table "${name}" has ${files.length} files: ${files.join(' and ')}.`, {
    code: 'AMBIGUOUS_TABLE',
    retryable: false,
    mend: 'Remove the one that is out of date.',
  });
}

/** What the file system refused. Errors that time can heal (a full disk, too many open files) are transient. */
export function storeFailure(doing: string, error: unknown): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const code = systemCode(error) ?? 'unknown';
  const known = MENDS[code];
  return new TidemarkError(`${doing} failed: ${code}.`, {
    code: known?.code ?? 'STORE_FAILED',
    retryable: known?.retryable ?? true,
    ...(known === undefined ? {} : { mend: known.mend }),
    cause: error,
  });
}

const MENDS: Record<string, { code: string; retryable: boolean; mend: string } | undefined> = {
  ENOENT: { code: 'STORE_NOT_FOUND', retryable: false, mend: 'Create the folder, or mend `path` of the connection.' },
  ENOTDIR: { code: 'STORE_NOT_FOUND', retryable: false, mend: '`path` of the connection must be a folder.' },
  EACCES: { code: 'STORE_DENIED', retryable: false, mend: 'Give the worker the right to read and write there.' },
  EPERM: { code: 'STORE_DENIED', retryable: false, mend: 'Give the worker the right to read and write there.' },
  EROFS: { code: 'STORE_DENIED', retryable: false, mend: 'The file system is read-only: mount it for writing.' },
  ENOSPC: { code: 'STORE_FULL', retryable: true, mend: 'Free some space on that file system.' },
  EDQUOT: { code: 'STORE_FULL', retryable: true, mend: 'Free some space within the quota.' },
};

/** `ENOENT` and the like, when that is what it is. */
export function systemCode(error: unknown): string | undefined {
  // No `instanceof`: an error may come from another realm, as in a test runner's.
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A source that was written to while it was being read: the bytes would be of two versions. */
export function sourceChanged(where: string): TidemarkError {
  return new TidemarkError(`The file of ${where} changed while it was read.`, {
    code: 'SOURCE_CHANGED',
    retryable: true,
    mend: 'Replace the file by renaming a new one over it, never by writing into it.',
  });
}
