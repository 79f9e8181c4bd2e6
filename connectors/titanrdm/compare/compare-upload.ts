import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { TableDifference } from '../../../contracts/titan-results.js';
import type { CsvTable } from '../../tables/port.js';
import type { PreparedUpload } from '../upload-options.js';
import { headerLine, TRAN_CODE_COLUMN } from '../upload-rules.js';
import type { ComparedColumn } from './columns.js';
import { withBothFiles, type CompareOptions } from './compared-files.js';
import { writeDelta } from './delta-file.js';

export type { CompareOptions, HeldTable } from './compared-files.js';

/** What differs, as a file for `incremental_with_delete`. */
export interface UploadDelta {
  difference: TableDifference;
  /** To be read once, before `dispose`. */
  open: () => CsvTable;
  dispose: () => Promise<void>;
}

/** The difference to what TitanRDM holds, in a temporary file of its own. Sends nothing. */
export function compareForUpload(prepared: PreparedUpload, options: CompareOptions): Promise<UploadDelta> {
  return withBothFiles(prepared, { ...options, keysOnly: false }, async (files) => {
    const { path, difference, dispose } = await writeDelta(files, options.pattern, { before: false });
    return { difference, dispose, open: () => deltaTable(path, files.columns) };
  });
}

/** How much differs from what TitanRDM holds. `keysOnly`: how many records come and go, at less cost; changed ones count as unchanged. */
export function countDifference(
  prepared: PreparedUpload,
  { keysOnly = false, ...options }: CompareOptions & { keysOnly?: boolean },
): Promise<TableDifference> {
  return withBothFiles(prepared, { ...options, keysOnly }, async (files) => {
    const { difference, dispose } = await writeDelta(files, options.pattern, { before: false });
    await dispose();
    return difference;
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
    const { rows, difference, dispose } = await writeDelta(files, options.pattern, { before: true });
    try {
      const sample: SampledChange[] = [];
      for (const code of ['d', 'u', 'i'] as const) {
        const found = await files.sql(`SELECT * FROM ${rows} WHERE c0 = '${code}' LIMIT ${most}`);
        for (const row of rowsSchema.parse(found)) sample.push(changeOf(code, row.slice(1), files.columns));
      }
      return { difference, sample };
    } finally {
      await dispose();
    }
  });
}

const rowsSchema = z.array(z.array(z.string().nullable()));

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

/** The header is written here: DuckDB would rename a column whose name another one has in other letters. */
function deltaTable(path: string, columns: readonly ComparedColumn[]): CsvTable {
  async function* bytes(): AsyncGenerator<Buffer> {
    yield Buffer.from(headerLine([TRAN_CODE_COLUMN, ...columns.map(({ source }) => source)]));
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  }
  return { stream: Readable.from(bytes(), { objectMode: false }) };
}
