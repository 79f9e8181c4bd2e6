import { z } from 'zod';
import type { TableDifference } from '../../../contracts/titan-results.js';
import type { UploadPattern } from '../../../contracts/titan-common.js';
import { removeSpoolPath, spoolPath } from '../../tables/spool.js';
import type { ComparedFiles } from './compared-files.js';
import { copyTo, csvRows, meaningOfPattern } from './difference-query.js';
import { withoutRespelt } from './respelt-keys.js';

/** What differs, in a temporary file: code, values after, and, where they are asked for, values before. */
export interface DeltaFile {
  path: string;
  /** SQL for its rows: `c0` is the code, then the values. */
  rows: string;
  difference: TableDifference;
  dispose: () => Promise<void>;
}

/** Writes what differs. The file is the caller's to dispose of. */
export async function writeDelta(
  files: ComparedFiles,
  pattern: UploadPattern,
  { before }: { before: boolean },
): Promise<DeltaFile> {
  const { columns, query, sql, directory } = files;
  const written: string[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(written.map(removeSpoolPath));
  };
  const write = async (select: string): Promise<{ path: string; rows: string; counts: Counts }> => {
    const path = spoolPath(directory, 'delta');
    written.push(path);
    await sql(copyTo(path, select));
    const rows = csvRows(path, 1 + (before ? 2 : 1) * columns.length);
    return { path, rows, counts: await countByCode(sql, rows) };
  };
  try {
    const after = columns.map((_, place) => `a${place}`);
    let delta = await write(before ? query : `SELECT ${['code', ...after].join(', ')} FROM (${query})`);
    const isWhole = meaningOfPattern(pattern) === 'whole';
    if (isWhole && delta.counts.inserts > 0 && delta.counts.deletes > 0) {
      const safe = withoutRespelt(columns, delta.rows);
      if (safe !== undefined) delta = await write(safe);
    }
    const { inserts, updates, deletes } = delta.counts;
    // Of a whole table, what goes is not in the file.
    const unchanged = files.sourceRows - inserts - updates - (isWhole ? 0 : deletes);
    const difference = { inserts, updates, deletes, unchanged, held: files.heldRows };
    return { path: delta.path, rows: delta.rows, difference, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface Counts {
  inserts: number;
  updates: number;
  deletes: number;
}

const countsSchema = z.array(z.tuple([z.enum(['i', 'u', 'd']), z.coerce.number()]));

async function countByCode(sql: ComparedFiles['sql'], rows: string): Promise<Counts> {
  const found = await sql(`SELECT c0, count(*)::VARCHAR FROM ${rows} GROUP BY c0`);
  const counts = new Map(countsSchema.parse(found));
  return { inserts: counts.get('i') ?? 0, updates: counts.get('u') ?? 0, deletes: counts.get('d') ?? 0 };
}
