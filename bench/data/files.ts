import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { conventionKey } from '../../contracts/convention-key.js';
import { DOMAIN, LARGE_TABLE, smallTable } from './definitions.js';
import { csvChunks } from './rows.js';

/** Raised when the generator changes, so that no run uses the data of an older one. */
export const GENERATION = 1;
export const SEED = 20_260_101;

/** A folder of CSV files, one table each under its convention key: what a `files` store is pointed at. */
export interface DataFolder {
  folder: string;
  /** Files of it, in the order of the tables. */
  files: { table: string; path: string; bytes: number }[];
  /** Bytes of all of them. */
  bytes: number;
}

/** One table of this many rows. Made once, kept in `root` afterwards. */
export function oneTable(root: string, rows: number): Promise<DataFolder> {
  return dataFolder(path.join(root, `generation-${GENERATION}`, `one-${rows}`), [LARGE_TABLE], rows);
}

/** A domain of this many tables with this many rows each. */
export function manyTables(root: string, tables: number, rows: number): Promise<DataFolder> {
  const names = Array.from({ length: tables }, (_, index) => smallTable(index));
  return dataFolder(path.join(root, `generation-${GENERATION}`, `many-${tables}-${rows}`), names, rows);
}

async function dataFolder(folder: string, tables: string[], rows: number): Promise<DataFolder> {
  await mkdir(folder, { recursive: true });
  const files: DataFolder['files'] = [];
  for (const [index, name] of tables.entries()) {
    const table = conventionKey(DOMAIN.abbreviation, name);
    const file = path.join(folder, `${table}.csv`);
    if (!existsSync(file)) await writeOnce(file, csvChunks(rows, SEED + index));
    files.push({ table, path: file, bytes: (await stat(file)).size });
  }
  return { folder, files, bytes: files.reduce((sum, file) => sum + file.bytes, 0) };
}

/** Under another name until it is whole: who finds the file finds all of it. */
export async function writeOnce(file: string, chunks: Iterable<string>): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await pipeline(Readable.from(chunks), createWriteStream(temporary));
  await rename(temporary, file);
}
