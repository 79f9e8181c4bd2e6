import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Row } from './table-model.js';

/** Undefined when there is none. */
export async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Paths of all files below a folder, relative to it. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
}

/** Keeps NULL and the empty string apart. A row that was cut off is one with values missing. */
export function parseRows(csv: string): Row[] {
  return parse(csv, {
    columns: true,
    relax_column_count: true,
    relax_quotes: true,
    cast: (value, { quoting }) => (value === '' && !quoting ? null : value),
  });
}
