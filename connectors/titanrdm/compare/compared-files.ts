import type { Readable } from 'node:stream';
import type { UploadPattern } from '../../../contracts/titan-common.js';
import { Slots } from '../../common/slots.js';
import { Duck } from '../../tables/duck.js';
import { spoolDirectory } from '../../tables/spool.js';
import { titanError } from '../errors.js';
import type { PreparedUpload } from '../upload-options.js';
import { TRAN_CODE_COLUMN } from '../upload-rules.js';
import { comparedColumns, placesInExport, type ComparedColumn, type ComparedTableShape } from './columns.js';
import { differenceQuery, meaningOfPattern } from './difference-query.js';
import { noComparison } from './refusals.js';
import { ProjectedFile } from './projected-file.js';

/** Comparisons of one process at a time: each has DuckDB's memory, and the machine's processors. */
const places = new Slots(2);
const DUCK_MEGABYTES = 256;

/** The file of a full export. */
export interface HeldTable {
  csv: Readable;
  /** Rows that the server says there are; null when it does not say. */
  rows: number | null;
}

export interface CompareOptions extends ComparedTableShape {
  /** What the file was prepared for: says what its rows mean. */
  pattern: UploadPattern;
  /** Opens what TitanRDM holds, once the file has been read. */
  held: () => Promise<HeldTable>;
  signal?: AbortSignal;
  /** Folder for temporary files; the system's own when left out. */
  directory?: string;
}

/** Both sides side by side, for as long as they are looked at. */
export interface ComparedFiles {
  columns: readonly ComparedColumn[];
  sourceRows: number;
  heldRows: number;
  directory: string;
  /** A row for each record that differs: see `differenceQuery`. */
  query: string;
  sql: (statement: string) => Promise<unknown[][]>;
}

/**
 * Puts a prepared table and what TitanRDM holds into temporary files, in constant memory, and hands them to `look`; removes them afterwards.
 *
 * @throws TidemarkError NO_COMPARISON, TITAN_DOWNLOAD_INCOMPLETE, MALFORMED_CSV and BAD_ENCODING (of the export), those of DuckDB
 */
export async function withBothFiles<T>(
  prepared: PreparedUpload,
  options: CompareOptions & { keysOnly: boolean },
  look: (files: ComparedFiles) => Promise<T>,
): Promise<T> {
  let giveBack: (() => void) | undefined;
  const opened: { files: ProjectedFile[]; duck?: Duck } = { files: [] };
  try {
    const directory = await spoolDirectory(options.directory);
    const create = async (purpose: string): Promise<ProjectedFile> => {
      const file = await ProjectedFile.create(directory, purpose);
      opened.files.push(file);
      return file;
    };
    const source = await create('source');
    const columns = await writeSource(source, prepared, options);
    const held = await create('held');
    await writeHeld(held, columns, options);
    giveBack = await places.take(options.signal);
    const paths = { source: source.path, held: held.path };
    return await look({
      columns,
      directory,
      sourceRows: source.rows,
      heldRows: held.rows,
      query: differenceQuery(columns, meaningOfPattern(options.pattern), paths),
      sql: async (statement) => {
        const memory = { directories: [directory], spoolDirectory: directory, memoryMegabytes: DUCK_MEGABYTES };
        opened.duck ??= await Duck.open(memory);
        return opened.duck.run(statement, `Comparing ${options.table}`, options.signal);
      },
    });
  } finally {
    await opened.duck?.close();
    giveBack?.();
    await Promise.all(opened.files.map((file) => file.remove()));
  }
}

/** The columns that the file and the table have in common, and, where rows say what they mean, the codes. */
async function writeSource(
  file: ProjectedFile,
  prepared: PreparedUpload,
  options: CompareOptions & { keysOnly: boolean },
): Promise<ComparedColumn[]> {
  let columns: ComparedColumn[] = [];
  const pick = (header: readonly string[]): number[] => {
    columns = comparedColumns(options, header).filter(({ isKey }) => isKey || !options.keysOnly);
    const codes = meaningOfPattern(options.pattern) === 'codes' ? [header.indexOf(TRAN_CODE_COLUMN)] : [];
    return [...columns.map(({ source }) => header.indexOf(source)), ...codes];
  };
  for (const part of prepared.parts) await file.add(part.open(), { where: options.table, pick }, options.signal);
  if (columns.length === 0) throw noComparison(options.table, 'its source has no header');
  return columns;
}

async function writeHeld(file: ProjectedFile, columns: ComparedColumn[], options: CompareOptions): Promise<void> {
  const { table, signal } = options;
  const { csv, rows } = await options.held();
  const pick = (header: readonly string[]): number[] => placesInExport(table, columns, header);
  await file.add(csv, { where: `the export of ${table}`, pick }, signal);
  // What did not arrive would look like what the source alone has.
  if (rows === null || rows === file.rows) return;
  const text = `The export of ${table} should have ${rows} rows, ${file.rows} arrived`;
  throw titanError('TITAN_DOWNLOAD_INCOMPLETE', text);
}
