import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Batches, IngestBatch } from '../../connectors/postgres/index.js';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import { parsePool, pooledValues } from '../data/pool.js';

/** What a contender reads. */
export interface BenchSource {
  type: 'csv' | 'parquet' | 'rows';
  /** Each one is a batch. */
  files: string[];
  /** For `rows`: file of the distinct rows. */
  pool?: string;
  rows: number;
}

/** As a user of the library would write it. The pool is made before the time begins. */
export async function batchesOf(source: BenchSource, table: PostgresTable): Promise<Batches> {
  const { type, files, pool, rows } = source;
  if (type === 'rows') {
    const distinct = parsePool(await readFile(pool ?? '', 'utf8'));
    // An attempt after one that died: what it had committed is not yielded again.
    return (_highWatermark, { batches }) =>
      batches > 0 ? [] : [{ highWatermark: 1, rows: pairs(table, pooledValues(distinct, rows)) }];
  }
  return function* (): Generator<IngestBatch> {
    for (const [index, file] of files.entries()) {
      const rowsOfFile =
        type === 'csv'
          ? { table, csv: createReadStream(file, { highWaterMark: 256 * 1024 }) }
          : { table, duckdb: `SELECT * FROM read_parquet('${file.replaceAll("'", "''")}')` };
      yield { highWatermark: index + 1, rows: rowsOfFile };
    }
  };
}

function* pairs(table: PostgresTable, rows: Iterable<unknown[]>): Generator<readonly [PostgresTable, unknown[]]> {
  for (const row of rows) yield [table, row];
}
