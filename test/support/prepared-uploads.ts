import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { TidemarkError } from '../../contracts/errors.js';
import { FilesStore, type CsvTable } from '../../connectors/tables/index.js';
import {
  prepareUpload,
  type PreparedUpload,
  type PrepareUploadOptions,
} from '../../connectors/titanrdm/prepare-upload.js';
import { pieces, seededRandom } from './csv-pieces.js';
import { columnsOf } from './upload-tables.js';

let folder: string;
let spool: string;
const prepared: PreparedUpload[] = [];

/** To be called once by a test file: each of its tests has folders of its own, and leaves no temporary file. */
export function prepareUploads(): void {
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
    spool = path.join(folder, 'spool');
  });
  afterEach(async () => {
    for (const one of prepared.splice(0)) await one.dispose();
    // Whatever a test did.
    expect(await readdir(spool).catch(() => [])).toEqual([]);
    await rm(folder, { recursive: true });
  });
}

/** The test's own: its folder, and below it that of temporary files. */
export const places = (): { folder: string; spool: string } => ({ folder, spool });

export const columns = columnsOf('id*', 'name!', 'note');

export async function prepare(csv: CsvTable, options: Partial<PrepareUploadOptions> = {}): Promise<PreparedUpload> {
  const made = await prepareUpload(csv, {
    table: 'cust_customers',
    columns,
    pattern: 'full',
    maxFileBytes: 100_000_000,
    validate: true,
    spoolDirectory: spool,
    ...options,
  });
  prepared.push(made);
  return made;
}

/** A stream that nothing is known of, a small one cut into small pieces. */
export function streamOf(content: string | Buffer, seed = 1): CsvTable {
  const bytes = Buffer.from(content);
  return { stream: Readable.from(bytes.length > 100_000 ? [bytes] : pieces(bytes, seededRandom(seed))) };
}

/** A file of a store. */
export async function fileOf(content: string | Buffer): Promise<CsvTable> {
  await writeFile(path.join(folder, 'table.csv'), content);
  const csv = await new FilesStore({ path: folder, spoolDirectory: spool }).read('table');
  if (csv === undefined) throw new Error('the table was just written');
  return csv;
}

export const SOURCES: [string, (content: string | Buffer) => CsvTable | Promise<CsvTable>][] = [
  ['a stream', streamOf],
  ['a file in place', fileOf],
];

export async function sent(upload: PreparedUpload): Promise<string[]> {
  return Promise.all(upload.parts.map((part) => textOf(part.open())));
}

export async function failure(
  csv: CsvTable | Promise<CsvTable>,
  options: Partial<PrepareUploadOptions> = {},
): Promise<TidemarkError> {
  const source = await csv;
  const error: unknown = await prepare(source, options).then(
    () => new Error('nothing was wrong'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof TidemarkError)) throw error;
  expect(source.stream.destroyed).toBe(true);
  return error;
}
