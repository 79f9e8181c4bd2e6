import { z } from 'zod';
import { duckCsv, type CsvHeader } from './duck-csv.js';
import { exactPath, identifier, quoted, type Duck } from './duck.js';
import type { CsvTable } from './port.js';
import { createSpoolFile } from './spool.js';
import { SpoolStream } from './spool-stream.js';

/** Longest row of a CSV file that can become Parquet. DuckDB's own choice of buffers for it would not fit into its memory. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;

interface Work {
  duck: Duck;
  spoolDirectory: string;
  /** Names the table in errors. */
  table: string;
  signal?: AbortSignal | undefined;
}

/**
 * The rows of a Parquet file as CSV: text by DuckDB, so that no value passes through a JavaScript number. NULL is an unquoted empty
 * field, the empty string `""`, times are UTC, lists and structures JSON. Spooled; destroying the stream removes the spool.
 */
export async function readParquet(file: string, { duck, spoolDirectory, table, signal }: Work): Promise<CsvTable> {
  const doing = `Reading the Parquet file of ${table}`;
  const columns = z
    .array(z.tuple([z.string(), z.string()]))
    .parse(
      await duck.run(
        `SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(${exactPath(file)}))`,
        doing,
        signal,
      ),
    );
  const list = columns.map(([name, type]) =>
    isNested(type) ? `to_json(${identifier(name)}) AS ${identifier(name)}` : identifier(name),
  );
  const spool = await createSpoolFile(spoolDirectory, 'parquet');
  try {
    await duck.run(
      `COPY (SELECT ${list.join(', ')} FROM read_parquet(${exactPath(file)})) TO ${quoted(spool.path)} (FORMAT csv, USE_TMP_FILE false, HEADER, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '')`,
      doing,
      signal,
    );
    const { size } = await spool.handle.stat();
    return { stream: new SpoolStream(spool), bytes: size, path: spool.path };
  } catch (error) {
    await spool.remove();
    throw error;
  }
}

/** Number of rows, from the file's own summary: reads no row. */
export async function countParquetRows(
  file: string,
  { duck, table, signal }: Omit<Work, 'spoolDirectory'>,
): Promise<bigint> {
  const rows = await duck.run(
    `SELECT num_rows::VARCHAR FROM parquet_file_metadata(${exactPath(file)})`,
    `Reading the Parquet file of ${table}`,
    signal,
  );
  return BigInt(z.string().parse(rows[0]?.[0]));
}

export interface ParquetSource extends CsvHeader {
  csv: string;
  /** Types of the deployed definition. */
  columns: readonly { name: string; dataType: string }[];
}

/**
 * Writes a CSV file as Parquet. A column gets the type of its definition (integer, boolean or date) when every value comes back from it
 * as the same text; all others stay text, decimals and times too: their scale and their offset are part of what was sent.
 */
export async function writeParquet(
  source: ParquetSource,
  target: string,
  { duck, table, signal }: Omit<Work, 'spoolDirectory'>,
): Promise<void> {
  const doing = `Writing the Parquet file of ${table}`;
  // Quoted line breaks are allowed anywhere.
  const options = `, parallel = false, max_line_size = ${MAX_ROW_BYTES}, buffer_size = ${MAX_ROW_BYTES * 2}`;
  const rows = await duckCsv(source.csv, source, options);
  const typed = source.header.flatMap((name) => {
    const type = duckType(source.columns.find((column) => column.name === name)?.dataType);
    return type === undefined ? [] : [{ name, type }];
  });
  const checks = typed.map(({ name, type }) => {
    const column = identifier(name);
    return `bool_and(${column} IS NULL OR coalesce(TRY_CAST(${column} AS ${type})::VARCHAR = ${column}, false))`;
  });
  const exact =
    checks.length === 0 ? [] : ((await duck.run(`SELECT ${checks.join(', ')} FROM ${rows}`, doing, signal))[0] ?? []);
  const types = new Map(typed.filter((_, index) => exact[index] === true).map(({ name, type }) => [name, type]));
  const list = source.header.map((name) => {
    const column = identifier(name);
    return types.has(name) ? `CAST(${column} AS ${types.get(name) ?? 'VARCHAR'}) AS ${column}` : column;
  });
  await duck.run(
    `COPY (SELECT ${list.join(', ')} FROM ${rows}) TO ${quoted(target)} (FORMAT parquet, USE_TMP_FILE false)`,
    doing,
    signal,
  );
}

function isNested(type: string): boolean {
  return type.endsWith(']') || /^(?:STRUCT|MAP|UNION)\b/u.test(type);
}

/** Types whose text says all that the value is. */
function duckType(dataType: string | undefined): string | undefined {
  const type = (dataType ?? '').trim().toLowerCase();
  if (/^(?:smallint|int|int[248]|integer|bigint|serial|bigserial)$/u.test(type)) return 'BIGINT';
  if (/^bool(?:ean)?$/u.test(type)) return 'BOOLEAN';
  return type === 'date' ? 'DATE' : undefined;
}
