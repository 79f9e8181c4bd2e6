import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from './catalog.js';
import type { ImportTableRecord } from './import-records.js';
import { errorText } from '../http/error-text.js';
import { literal, queryRows, storedColumns } from './storage.js';
import { misfit } from './type-checks.js';

export const CODE_COLUMN = 'trdm_tran_code';
export const PATTERNS = ['full', 'incremental_upsert_only', 'incremental_with_delete', 'incremental'];

/** Why one table of an import fails. Never holds the value of a row. */
export class TableRefused extends Error {}

/** A checked file, as a temporary table: columns by their stored names, and `code`: `d` deletes, `u` upserts. */
export interface StagedTable {
  name: string;
  columns: Column[];
  rows: number;
}

/** Reads the uploaded file into a temporary table and holds it to the rules of imports (fact sheet, section 8). */
export async function stageFile(connection: DuckDBConnection, upload: ImportTableRecord): Promise<StagedTable> {
  if (upload.pattern === null || !PATTERNS.includes(upload.pattern)) {
    throw new TableRefused(
      `The pattern is ${upload.pattern === null ? 'missing' : 'not supported'}; one of ${PATTERNS.join(', ')} is needed`,
    );
  }
  const { header, lineEnd } = await readHeader(upload.path);
  const withCodes = upload.pattern === 'incremental_with_delete';
  const codeAt = header.indexOf(CODE_COLUMN);
  if (withCodes && codeAt < 0)
    throw new TableRefused(`The pattern incremental_with_delete needs a ${CODE_COLUMN} column`);
  if (!withCodes && codeAt >= 0)
    throw new TableRefused(`The pattern ${upload.pattern} allows no ${CODE_COLUMN} column`);

  const mapped = mapColumns(upload, header);
  const columns = mapped.map(({ column }) => column);
  const name = `staged_${upload.id}`;
  const code = withCodes
    ? `CASE lower(trim(h${codeAt})) WHEN 'd' THEN 'd' WHEN 'i' THEN 'u' WHEN 'u' THEN 'u' END`
    : `'u'`;
  const select = [...mapped.map(({ column, at }) => `h${at} AS ${column.stored}`), `${code} AS code`].join(', ');
  try {
    await connection.run(
      `CREATE TEMP TABLE ${name} AS SELECT ${select} FROM ${csvReader(upload.path, header.length, lineEnd)}`,
    );
  } catch (error) {
    throw new TableRefused(malformed(error));
  }
  return { name, columns, rows: await checkRows(connection, name, columns) };
}

/**
 * An unquoted empty field is NULL, a quoted one is the empty string; no value is converted. DuckDB passes over blank lines and
 * over empty fields beyond the last column; anything else that does not fit the header is an error. The line end is told: DuckDB would take
 * the first line break for one, also within a quoted name. Its default, the strict mode, is not said: said with `\r\n` it finds no rows.
 */
function csvReader(path: string, width: number, lineEnd: string): string {
  const columns = Array.from({ length: width }, (_, index) => `'h${index}': 'VARCHAR'`).join(', ');
  return `read_csv(${literal(path)}, auto_detect=false, header=true, columns={${columns}}, delim=',', quote='"', escape='"',
    nullstr='', allow_quoted_nulls=false, null_padding=false, new_line='${lineEnd}')`;
}

interface Header {
  header: string[];
  /** As DuckDB spells it. */
  lineEnd: string;
}

async function readHeader(path: string): Promise<Header> {
  const first = await firstRecord(path).catch(() => {
    // What the parser says may quote the file.
    throw new TableRefused('The header row is malformed CSV');
  });
  if (first === undefined) throw new TableRefused('The file has no header row');
  const { record: header, end } = first;
  const repeated = header.filter((name, index) => header.indexOf(name) !== index);
  if (repeated.length > 0) throw new TableRefused(`The header names a column more than once: ${repeated.join(', ')}`);
  return { header, lineEnd: await lineEndBefore(path, end) };
}

/** `end` is the offset behind the record and its line end. */
async function firstRecord(path: string): Promise<{ record: string[]; end: number } | undefined> {
  const file = createReadStream(path);
  const parser = file.pipe(parse({ bom: true, relax_column_count: true, info: true }));
  file.once('error', (error) => parser.destroy(error));
  try {
    // csv-parse yields these when `info` is given and `columns` is not; its type says any.
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { bytes: number } }>)
      return { record, end: info.bytes };
    return undefined;
  } finally {
    file.destroy();
    parser.destroy();
  }
}

async function lineEndBefore(path: string, offset: number): Promise<string> {
  const bytes = Buffer.alloc(2);
  const file = await open(path, 'r');
  try {
    await file.read(bytes, 0, 2, Math.max(0, offset - 2));
  } finally {
    await file.close();
  }
  const end = bytes.toString('latin1');
  if (end === '\r\n') return String.raw`\r\n`;
  return end.endsWith('\r') ? String.raw`\r` : String.raw`\n`;
}

/** Columns that match nothing in the mapping are ignored without a word, as the product does. */
function mapColumns(upload: ImportTableRecord, header: string[]): { column: Column; at: number }[] {
  const live = storedColumns(upload.table);
  const mapped = live.flatMap((column) => {
    const source = upload.mapping.columns.find(({ target }) => target === column.name)?.source;
    const at = source === undefined ? -1 : header.indexOf(source);
    return at < 0 ? [] : [{ column, at }];
  });
  const missing = live.filter((column) => column.required && !mapped.some((each) => each.column === column));
  if (missing.length > 0) {
    throw new TableRefused(`Required columns are missing: ${missing.map(({ name }) => name).join(', ')}`);
  }
  return mapped;
}

async function checkRows(connection: DuckDBConnection, name: string, columns: Column[]): Promise<number> {
  const keys = columns.filter((column) => column.primaryKey);
  const checks = columns.flatMap((column) => {
    // A row that deletes needs its key, nothing else.
    const scope = column.primaryKey ? '' : ` AND code = 'u'`;
    const wrong = misfit(column);
    return [
      ...(column.required ? [{ what: `${column.name} is required`, where: `${column.stored} IS NULL${scope}` }] : []),
      ...(wrong === undefined
        ? []
        : [
            {
              what: `${column.name} is no valid ${describe(column)}`,
              where: `${column.stored} IS NOT NULL AND ${wrong}${scope}`,
            },
          ]),
    ];
  });
  checks.push({ what: `${CODE_COLUMN} must be i, u or d`, where: 'code IS NULL' });
  const counts = checks.map(({ where }, index) => `count(*) FILTER (WHERE ${where}) AS n${index}`);
  const [found = {}] = await queryRows(connection, `SELECT count(*) AS n, ${counts.join(', ')} FROM ${name}`);
  const problems = checks.flatMap(({ what }, index) => {
    const rows = Number(found[`n${index}`]);
    return rows === 0 ? [] : [`${what} (${rows} ${rows === 1 ? 'row' : 'rows'})`];
  });
  const keyList = keys.map(({ stored }) => stored).join(', ');
  const [repeats = {}] = await queryRows(
    connection,
    `SELECT count(*) AS n FROM (SELECT 1 FROM ${name} GROUP BY ${keyList} HAVING count(*) > 1)`,
  );
  const repeated = Number(repeats['n']);
  if (repeated > 0) {
    problems.push(
      `Duplicate primary keys (${keys.map((key) => key.name).join(', ')}): ${repeated} appear more than once`,
    );
  }
  if (problems.length > 0) throw new TableRefused(problems.join('; '));
  return Number(found['n']);
}

function describe(column: Column): string {
  return column.length === null ? column.dataType : `${column.dataType}(${column.length})`;
}

/** DuckDB's complaint without the line that it quotes. */
function malformed(error: unknown): string {
  const text = errorText(error);
  const line = /Line: (\d+)/.exec(text)?.[1];
  const [, expected, found] = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text) ?? [];
  const why =
    expected !== undefined
      ? `${expected} columns expected, ${found ?? 'another number'} found`
      : /unicode|utf-?8|encod/i.test(text)
        ? 'not valid UTF-8'
        : /quote/i.test(text)
          ? 'a quote is not closed or stands where none may be'
          : 'it cannot be read';
  return `The file is malformed CSV${line === undefined ? '' : ` (line ${line})`}: ${why}`;
}
