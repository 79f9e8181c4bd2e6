import type { DuckDBConnection } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import type { ColumnType } from '../encode/column-types.js';
import type { PostgresError } from '../errors.js';
import { problemText, tellRow } from '../quarantine/problem.js';
import { badValue } from './bad-value.js';
import { Block } from './block.js';
import { chunksOf } from './chunks.js';
import type { CopyRowsOptions } from './copy-rows.js';
import type { DuckColumn } from './duck-query.js';
import { withoutEnd } from './plan.js';
import { Strings } from './strings.js';
import { Validity } from './validity.js';
import { holdsNul } from './text-fields.js';
import { fieldExpression } from './text-expressions.js';

const TAB = 0x09;

/**
 * Runs a query; its rows in COPY's text format, for columns that the binary format has no exact way for: PostgreSQL reads each text as
 * it reads its own. DuckDB makes the lines, one per row; here they are passed on.
 * @param found The query's columns, each one among `columns`.
 */
export async function* copyText(
  connection: DuckDBConnection,
  query: string,
  columns: readonly ColumnType[],
  found: readonly DuckColumn[],
  { table, firstRow = 1, isLenient = false }: CopyRowsOptions,
): AsyncGenerator<Buffer> {
  const sql = lineQuery(query, columns, found, isLenient);
  const block = new Block(1);
  // A line is never NULL.
  const lines = new Strings(new Validity());
  let at = 0;
  let row = firstRow;
  for await (const chunk of chunksOf(connection, sql, table)) {
    const count = chunk.rowCount;
    lines.read(duckdb.data_chunk_get_vector(chunk.chunk, 0), count);
    for (let index = 0; index < count; index++, row++) {
      const length = lines.lengthOf(index);
      block.ensure(at, length);
      if (lines.copy(index, block, at)) {
        const line = block.bytes.subarray(at, at + length);
        const column = found[columnOfNul(line)]?.name;
        const error = badValue(holdsNul(), { table, row, column });
        if (!isLenient) throw error;
        const told = problemLine(error, line, found);
        block.ensure(at, told.length);
        at += told.copy(block.bytes, at);
      } else {
        at += length;
      }
      if (block.isFull(at)) {
        yield block.take(at);
        at = 0;
      }
    }
  }
  if (at > 0) yield block.take(at);
}

function lineQuery(
  query: string,
  columns: readonly ColumnType[],
  found: readonly DuckColumn[],
  isLenient: boolean,
): string {
  const fields = found.map(({ name, type }) => {
    const target = columns.find((column) => column.name === name);
    if (target === undefined) throw new TypeError('a column that was not matched');
    return fieldExpression(target, type, name);
  });
  if (isLenient) fields.push(`'\\N'`);
  return `SELECT concat(${fields.join(', chr(9), ')}, chr(10)) FROM (\n${withoutEnd(query)}\n)`;
}

/** The line of a row that is told in the column behind its own. */
function problemLine({ code, column, reason }: PostgresError, line: Buffer, found: readonly DuckColumn[]): Buffer {
  const values = line.toString('utf8').slice(0, -1).split('\t').slice(0, found.length).map(unescaped);
  const names = found.map(({ name }) => name);
  const problem = { code, reason, row: tellRow(values, names), ...(column === undefined ? {} : { column }) };
  // JSON has neither tabs nor ends of lines outside its own escapes.
  return Buffer.from(`${'\\N\t'.repeat(found.length)}${problemText(problem).replaceAll('\\', '\\\\')}\n`);
}

function unescaped(field: string): string | null {
  if (field === '\\N') return null;
  const characters: Record<string, string> = { t: '\t', n: '\n', r: '\r' };
  return field.replaceAll(/\\(.)/g, (_escape, character: string) => characters[character] ?? character);
}

/** Each tab in a line ends a field. */
function columnOfNul(line: Buffer): number {
  return line.subarray(0, line.indexOf(0)).reduce((tabs, byte) => (byte === TAB ? tabs + 1 : tabs), 0);
}
