import type { ClientBase } from 'pg';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import type { CsvRows, DuckRows, IngestBatch, JavaScriptRows } from '../port.js';
import { TidemarkError } from '../../../contracts/errors.js';
import { csvPortions } from './csv.js';
import { duckPortions } from './duck.js';
import type { Portion } from './portion.js';
import { javaScriptPortions } from './rows.js';

export type { Portion } from './portion.js';
export type LoadClient = ClientBase;

/** The rows of a batch as portions, one COPY each. Asking for the first one waits for the first row. */
export function portionsOf(
  rows: IngestBatch['rows'],
  tables: readonly PostgresTable[],
  options: { maxBuffer: number; signal: AbortSignal | undefined },
): AsyncGenerator<Portion> {
  const given: unknown = rows;
  if (typeof given !== 'object' || given === null) throw badRows();
  if (isBulk(given)) return bulkPortions([given], tables, options.signal);
  if (Array.isArray(given) && given.length > 0 && given.every(isBulk))
    return bulkPortions(given, tables, options.signal);
  if (!(Symbol.asyncIterator in given) && !(Symbol.iterator in given)) throw badRows();
  // An iterable, and what it yields is checked as it comes.
  return javaScriptPortions(rows as JavaScriptRows, tables, options.maxBuffer);
}

async function* bulkPortions(
  sources: readonly (CsvRows | DuckRows)[],
  tables: readonly PostgresTable[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Portion> {
  // A file that cannot be opened says so while another one is being read: it throws when its turn comes, and must not end the process.
  const streams = sources.flatMap((source) => ('csv' in source && 'destroy' in source.csv ? [source.csv] : []));
  for (const stream of streams) stream.on('error', () => undefined);
  try {
    yield* inTurn(sources, tables, signal);
  } finally {
    // Those whose turn has not come, or never would have, hold a file.
    for (const stream of streams) stream.destroy();
  }
}

async function* inTurn(
  sources: readonly (CsvRows | DuckRows)[],
  tables: readonly PostgresTable[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Portion> {
  for (const source of sources) {
    const table = tables.find(({ schema, name }) => schema === source.table.schema && name === source.table.name);
    // As with rows of tables that are not asked for.
    if (table === undefined) continue;
    if ('csv' in source) yield* csvPortions(source.csv, table);
    else yield* duckPortions(source.duckdb, table, signal);
  }
}

function isBulk(value: unknown): value is CsvRows | DuckRows {
  return typeof value === 'object' && value !== null && 'table' in value && ('csv' in value || 'duckdb' in value);
}

function badRows(): TidemarkError {
  return new TidemarkError('A batch has no rows that can be read.', {
    code: 'INGEST_SOURCE_BAD',
    retryable: false,
    mend: 'Yield { highWatermark, rows }: rows an (async) iterable of [table, row], { table, csv } or { table, duckdb }.',
  });
}
