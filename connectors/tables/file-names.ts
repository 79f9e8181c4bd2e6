import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import path from 'node:path';
import { ambiguousTable, badTableName, outsideRoot, sourceChanged, systemCode } from './errors.js';
import type { FileFormat } from './schema.js';

/** Folder of the deltas within a store. */
export const DELTAS = 'deltas';
/** Stands between the table's name and the delta's. */
const DELTA_MARK = '.delta-';
const FORMATS: readonly FileFormat[] = ['csv', 'parquet'];
/** Room for the extension within the 255 bytes that file systems allow. */
const MAX_NAME_BYTES = 240;

/** Refuses what is no name of a file in this folder: `BAD_TABLE_NAME`. */
export function checkName(name: string): void {
  if (name === '') throw badTableName(name, 'it is empty');
  if (name.startsWith('.')) throw badTableName(name, 'it begins with a dot');
  // Control characters, and what separates folders on any system.
  if (/[\p{Cc}/\\]/u.test(name)) throw badTableName(name, 'it has a separator or a control character');
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw badTableName(name, `it has more than ${MAX_NAME_BYTES} bytes`);
}

/** Name under which a delta is read again. */
export function deltaNameOf(table: string, delta: string): string {
  return `${table}${DELTA_MARK}${delta}`;
}

/** The table that a delta's name belongs to; undefined for the name of a table. */
export function tableOfDelta(name: string): string | undefined {
  const mark = name.indexOf(DELTA_MARK);
  return mark < 0 ? undefined : name.slice(0, mark);
}

/** Path of a table's or delta's file, whether it exists or not. */
export function filePath(root: string, name: string, format: FileFormat): string {
  checkName(name);
  return path.join(root, ...(tableOfDelta(name) === undefined ? [] : [DELTAS]), `${name}.${format}`);
}

/** Name and format that a file's name says; undefined for a file that is no table. */
export function tableOfFile(file: string): { name: string; format: FileFormat } | undefined {
  const format = FORMATS.find((candidate) => file.endsWith(`.${candidate}`));
  const name = format === undefined ? '' : file.slice(0, -format.length - 1);
  return format === undefined || name === '' || name.startsWith('.') ? undefined : { name, format };
}

export interface LocatedFile {
  /** With every link resolved; within the root. */
  path: string;
  format: FileFormat;
}

/** Errors: `BAD_TABLE_NAME`, `AMBIGUOUS_TABLE`, `PATH_OUTSIDE_ROOT`, the system's when the root is missing. Undefined when there is no such table. */
export async function locate(root: string, name: string): Promise<LocatedFile | undefined> {
  const found: LocatedFile[] = [];
  for (const format of FORMATS) {
    const file = filePath(root, name, format);
    const real = await realpath(file).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (real === undefined) continue;
    if (!isWithin(await realpath(root), real)) throw outsideRoot(name);
    found.push({ path: real, format });
  }
  // A folder that is not there holds no tables, and yet none of them is absent: it throws.
  if (found.length === 0) await realpath(root);
  if (found.length > 1)
    throw ambiguousTable(
      name,
      found.map((file) => path.basename(file.path)),
    );
  return found[0];
}

/** Tries to open a table whose file is being replaced at this moment. */
const OPEN_ATTEMPTS = 5;

/**
 * Opens a table's file for reading, and makes sure that what was opened is within the root: a name may become a link between the look
 * and the opening. Errors as `locate`. Undefined when there is no such table.
 */
export async function openTable(
  root: string,
  name: string,
): Promise<(LocatedFile & { handle: FileHandle }) | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const file = await locate(root, name);
    if (file === undefined) return undefined;
    const handle = await open(file.path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
      if (systemCode(error) === 'ELOOP') throw outsideRoot(name);
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    if (handle !== undefined) {
      if (await isStill(file, handle)) return { ...file, handle };
      await handle.close();
    }
    if (attempt === OPEN_ATTEMPTS) throw sourceChanged(`table "${name}"`);
  }
}

async function isStill(file: LocatedFile, handle: FileHandle): Promise<boolean> {
  const gone = (): undefined => undefined;
  const [opened, named, real] = await Promise.all([
    handle.stat(),
    lstat(file.path).catch(gone),
    realpath(file.path).catch(gone),
  ]);
  return named?.dev === opened.dev && named.ino === opened.ino && real === file.path;
}

function isWithin(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
