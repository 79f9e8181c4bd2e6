import { exactPath, quoted } from '../../tables/duck.js';
import type { UploadPattern } from '../../../contracts/titan-common.js';
import type { ComparedColumn } from './columns.js';

/** Longest row that can be compared. DuckDB's own choice of buffers for it would not fit into its memory. */
const MAX_ROW_BYTES = 16 * 1_024 * 1_024;

/** Two files of the same columns, `held` with what TitanRDM has; the source has one column more, its codes, where `meaning` says so. */
export interface FilePaths {
  source: string;
  held: string;
}

/** What rows of a file mean: the whole table, new and changed records, or what their codes say. */
export type Meaning = 'whole' | 'upserts' | 'codes';

export function meaningOfPattern(pattern: UploadPattern): Meaning {
  if (pattern === 'full' || pattern === 'auto') return 'whole';
  return pattern === 'incremental_with_delete' ? 'codes' : 'upserts';
}

/**
 * SQL that yields a row for each record that differs: `code` (`i`, `u`, `d`), the values as they will be (`a0`, `a1`, …; those of a record that
 * goes as they are), and as they are (`b0`, …). Values are compared as text; NULL is a value of its own.
 */
export function differenceQuery(columns: readonly ComparedColumn[], meaning: Meaning, files: FilePaths): string {
  const places = columns.map((_, index) => index);
  const keys = places.filter((place) => columns[place]?.isKey === true);
  const others = places.filter((place) => !keys.includes(place));
  const codes = meaning === 'codes' ? [`lower(trim(c${columns.length}, E' \\t\\r\\n')) = 'd' AS goes`] : [];
  // `here` tells a row that has no counterpart from one whose values are all NULL.
  const source = `(SELECT *, true AS here${codes.map((code) => `, ${code}`).join('')} FROM ${csvRows(files.source, columns.length + codes.length)})`;
  const held = `(SELECT *, true AS here FROM ${csvRows(files.held, columns.length)})`;
  const on = keys.map((place) => `s.c${place} = h.c${place}`).join(' AND ');
  const changed = ['false', ...others.map((place) => `s.c${place} IS DISTINCT FROM h.c${place}`)].join(' OR ');
  const upsert = `CASE WHEN h.here IS NULL THEN 'i' WHEN ${changed} THEN 'u' END`;
  const code = {
    whole: `CASE WHEN s.here IS NULL THEN 'd' ELSE ${upsert} END`,
    upserts: upsert,
    codes: `CASE WHEN s.goes THEN CASE WHEN h.here THEN 'd' END ELSE ${upsert} END`,
  }[meaning];
  const after = places.map((place) => `CASE WHEN s.here THEN s.c${place} ELSE h.c${place} END AS a${place}`);
  const before = places.map((place) => `h.c${place} AS b${place}`);
  return `SELECT * FROM (
    SELECT ${[`${code} AS code`, ...after, ...before].join(', ')}
    FROM ${source} s ${meaning === 'whole' ? 'FULL' : 'LEFT'} JOIN ${held} h ON ${on}
  ) WHERE code IS NOT NULL`;
}

/**
 * Rows of a file without a header, as `ProjectColumns` or DuckDB wrote it: all text, NULL and the empty string apart. The line end is told:
 * DuckDB would take the first carriage return for one, also within quotes.
 */
export function csvRows(file: string, width: number): string {
  const names = Array.from({ length: width }, (_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  return `read_csv(${exactPath(file)}, auto_detect = false, header = false, columns = {${names}}, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, new_line = '\\n', parallel = false, max_line_size = ${MAX_ROW_BYTES}, buffer_size = ${MAX_ROW_BYTES * 2})`;
}

/** A statement that writes rows to a file which `csvRows` reads. */
export function copyTo(file: string, select: string): string {
  return `COPY (${select}) TO ${quoted(file)} (FORMAT csv, USE_TMP_FILE false, HEADER false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`;
}
