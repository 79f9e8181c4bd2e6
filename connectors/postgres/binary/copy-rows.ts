import type { DuckDBConnection } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { Misfit } from '../encode/misfit.js';
import { badValue } from './bad-value.js';
import { Block } from './block.js';
import { chunksOf } from './chunks.js';
import { copyEnd, copyStart } from './copy-format.js';
import type { Field } from './field.js';
import type { BinaryPlan } from './plan.js';
import type { Validity } from './validity.js';

export interface CopyRowsOptions {
  /** What errors call the table: `"sales"."orders"`. */
  table: string;
  /** Number of the query's first row, from 1, for errors. Left out: 1. */
  firstRow?: number;
  /** For a quarantine, text alone: a row that cannot be written is no error but is told in one more column. Left out: false. */
  isLenient?: boolean;
}

/**
 * Runs the query of a plan; its rows as PostgreSQL's binary COPY format, in pieces of about 256 KB, in the query's order.
 * Memory: a chunk of DuckDB's (2,048 rows) or two, and a piece. Who ends early ends the query. The connection is busy until then.
 *
 * A value that the column cannot take is `POSTGRES_BAD_VALUE`, naming row and column; what DuckDB throws is `DUCKDB_FAILED`.
 */
export async function* copyRows(
  connection: DuckDBConnection,
  plan: BinaryPlan,
  { table, firstRow = 1 }: CopyRowsOptions,
): AsyncGenerator<Buffer> {
  const names = plan.columns;
  const fields = plan.createFields();
  const block = new Block(2 + fields.reduce((sum, { fixedBytes }) => sum + Math.max(fixedBytes, 4), 0));
  // All of one shape: a place that looks things up in objects of many is slow.
  const columns = fields.map((field) => ({ validity: field.validity, write: field.write.bind(field) }));
  let at = copyStart(block);
  let row = firstRow;
  for await (const chunk of chunksOf(connection, plan.sql, table)) {
    const count = chunk.rowCount;
    fields.forEach((field, index) => field.load(duckdb.data_chunk_get_vector(chunk.chunk, index), count));
    for (let index = 0; index < count; index++, row++) {
      at = writeRow(block, at, columns, index, (column, misfit) =>
        badValue(misfit, { table, row, column: names[column] }),
      );
      if (block.isFull(at)) {
        yield block.take(at);
        at = 0;
      }
    }
  }
  yield block.take(copyEnd(block, at));
}

interface Column {
  validity: Validity;
  write: Field['write'];
}

function writeRow(
  block: Block,
  start: number,
  columns: readonly Column[],
  index: number,
  explain: (column: number, misfit: Misfit) => Error,
): number {
  let at = start;
  let column = 0;
  try {
    block.ensure(at, 0);
    block.view.setInt16(at, columns.length);
    at += 2;
    for (const { validity, write } of columns) {
      if (validity.isNull(index)) {
        block.view.setInt32(at, -1);
        at += 4;
      } else at = write(block, at, index);
      column += 1;
    }
    return at;
  } catch (error) {
    throw error instanceof Misfit ? explain(column, error) : error;
  }
}
