import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { TableDifference } from '../../../contracts/titan-results.js';
import type { CsvTable } from '../../tables/port.js';
import { removeSpoolPath, spoolPath } from '../../tables/spool.js';
import type { PreparedUpload } from '../upload-options.js';
import { headerLine, TRAN_CODE_COLUMN } from '../upload-rules.js';
import type { ComparedColumn } from './columns.js';
import { withBothFiles, type ComparedFiles, type CompareOptions } from './compared-files.js';
import { copyTo, csvRows, meaningOfPattern } from './difference-query.js';

export type { CompareOptions, HeldTable } from './compared-files.js';

/** What differs, as a file for `incremental_with_delete`. */
export interface UploadDelta {
  difference: TableDifference;
  /** To be read once, before `dispose`. */
  open(): CsvTable;
  dispose(): Promise<void>;
}

/** How many records of the table would go, found by their keys alone. */
export function countDeletes(
  prepared: PreparedUpload,
  options: CompareOptions,
): Promise<Pick<TableDifference, 'deletes' | 'held'>> {
  return withBothFiles(prepared, { ...options, keysOnly: true }, async ({ query, sql, heldRows }) => {
    const counts = await countByCode(sql, query);
    return { deletes: counts.deletes, held: heldRows };
  });
}

/** How much differs from what TitanRDM holds. */
export function countDifference(prepared: PreparedUpload, options: CompareOptions): Promise<TableDifference> {
  return withBothFiles(prepared, { ...options, keysOnly: false }, async (files) =>
    differenceOf(await countByCode(files.sql, files.query), files, options),
  );
}

/** The difference to what TitanRDM holds, whole: in a temporary file of its own. Sends nothing. */
export function compareForUpload(prepared: PreparedUpload, options: CompareOptions): Promise<UploadDelta> {
  return withBothFiles(prepared, { ...options, keysOnly: false }, async (files) => {
    const { columns, query, sql, directory } = files;
    const path = spoolPath(directory, 'delta');
    const dispose = (): Promise<void> => removeSpoolPath(path);
    try {
      const values = columns.map((_, place) => `a${place}`);
      await sql(copyTo(path, `SELECT ${values.join(', ')}, code FROM (${query})`));
      const codes = `SELECT c${columns.length} AS code FROM ${csvRows(path, columns.length + 1)}`;
      const counts = await countByCode(sql, codes);
      return { difference: differenceOf(counts, files, options), open: () => deltaTable(path, columns), dispose };
    } catch (error) {
      await dispose();
      throw error;
    }
  });
}

/** One change, as the plan of a run shows it: the values before and after, by the file's column names. */
export interface SampledChange {
  change: 'insert' | 'update' | 'delete';
  before?: Record<string, string | null>;
  after?: Record<string, string | null>;
}

/** The difference to what TitanRDM holds, and at most `most` of the changes of each kind. Sends nothing. */
export function compareForPlan(
  prepared: PreparedUpload,
  options: CompareOptions,
  most: number,
): Promise<{ difference: TableDifference; sample: SampledChange[] }> {
  return withBothFiles(prepared, { ...options, keysOnly: false }, async (files) => {
    const { columns, query, sql, directory } = files;
    const path = spoolPath(directory, 'delta');
    try {
      await sql(copyTo(path, query));
      const rows = csvRows(path, 1 + 2 * columns.length);
      const counts = await countByCode(sql, `SELECT c0 AS code FROM ${rows}`);
      const sample: SampledChange[] = [];
      for (const code of ['d', 'u', 'i'] as const) {
        const found = await sql(`SELECT * FROM ${rows} WHERE c0 = '${code}' LIMIT ${most}`);
        sample.push(
          ...z
            .array(changeSchema)
            .parse(found)
            .map((row) => changeOf(code, row.slice(1), columns)),
        );
      }
      return { difference: differenceOf(counts, files, options), sample };
    } finally {
      await removeSpoolPath(path);
    }
  });
}

const changeSchema = z.array(z.string().nullable());

function changeOf(
  code: 'i' | 'u' | 'd',
  values: readonly (string | null)[],
  columns: readonly ComparedColumn[],
): SampledChange {
  const rowFrom = (first: number): Record<string, string | null> =>
    Object.fromEntries(columns.map(({ source }, place) => [source, values[first + place] ?? null]));
  const after = rowFrom(0);
  const before = rowFrom(columns.length);
  if (code === 'i') return { change: 'insert', after };
  return code === 'd' ? { change: 'delete', before } : { change: 'update', before, after };
}

interface Counts {
  inserts: number;
  updates: number;
  deletes: number;
}

const countsSchema = z.array(z.tuple([z.enum(['i', 'u', 'd']), z.coerce.number()]));

async function countByCode(sql: ComparedFiles['sql'], rows: string): Promise<Counts> {
  const found = await sql(`SELECT code, count(*)::VARCHAR FROM (${rows}) GROUP BY code`);
  const counts = new Map(countsSchema.parse(found));
  return { inserts: counts.get('i') ?? 0, updates: counts.get('u') ?? 0, deletes: counts.get('d') ?? 0 };
}

function differenceOf(counts: Counts, files: ComparedFiles, { pattern }: CompareOptions): TableDifference {
  // Of a whole table, what goes is not in the file.
  const said = counts.inserts + counts.updates + (meaningOfPattern(pattern) === 'codes' ? counts.deletes : 0);
  return { ...counts, unchanged: files.sourceRows - said, held: files.heldRows };
}

/** The header is written here: DuckDB would rename a column whose name another one has in other letters. */
function deltaTable(path: string, columns: readonly ComparedColumn[]): CsvTable {
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from(headerLine([...columns.map(({ source }) => source), TRAN_CODE_COLUMN]));
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  }
  return { stream: Readable.from(bytes(), { objectMode: false }) };
}
