import type { ClientBase } from 'pg';
import { COPY_HEADER, COPY_TRAILER } from '../binary/copy-format.js';
import type { ColumnType } from '../encode/column-types.js';
import { isPostgresFailure, postgresFailure } from '../errors.js';
import { copyRows } from '../load/append.js';
import type { CopySource, CopyTarget } from '../load/portion.js';
import type { StagedRows } from '../load/upsert.js';
import type { SecondSession } from '../parallel/second-session.js';
import type { TableOf } from '../port.js';
import { quoteTable } from '../quote.js';
import { Comparison } from './comparison.js';
import { GatheredRows } from './gathered-rows.js';
import { findLiveTable, readAsUsual, readByPages, type LiveTable } from './live-table.js';
import { findFirstPage } from './probe.js';
import { restOf, type RowsWindow } from './rows-window.js';
import { SourceRows } from './source-rows.js';

/** A smaller source is staged before anything could be found out. */
const MIN_BYTES = 512 * 1024;

export interface StageChangedOptions {
  /** The table that the rows are merged into, with its definition's columns and key. */
  live: TableOf;
  types: readonly ColumnType[];
  key: readonly string[];
  /** Number of the first row within the batch, from 1. */
  firstRow: number;
  signal: AbortSignal | undefined;
  second?: SecondSession | undefined;
}

/**
 * Does what `copyRows` does, but rows that the live table has already, the same in every column, need not go into the staging table: where
 * the source is large and most of its rows are such, the table is read in the order in which it lies, and compared here.
 */
export async function stageChanged(
  client: ClientBase,
  target: CopyTarget,
  source: CopySource,
  options: StageChangedOptions,
): Promise<StagedRows> {
  const { firstRow, signal } = options;
  if (source.format !== 'FORMAT binary') {
    const rows = await copyRows(client, target, source, { firstRow, signal });
    return { rows, staged: rows, isAwaited: true };
  }
  const rows = new SourceRows(source.chunks[Symbol.asyncIterator](), source.columns.length);
  try {
    const done = await stageBinary(client, target, source, rows, options);
    const rest = source.rest?.();
    if (rest === undefined) return done;
    const more = await copyRows(client, target, rest, { firstRow: firstRow + done.rows, signal });
    return { ...done, rows: done.rows + more, staged: done.staged + more };
  } catch (error) {
    rows.end();
    if (!isPostgresFailure(error)) throw error;
    throw postgresFailure(error, { doing: 'copying rows', table: quoteTable(target.table) });
  }
}

async function stageBinary(
  client: ClientBase,
  target: CopyTarget,
  source: CopySource,
  rows: SourceRows,
  options: StageChangedOptions,
): Promise<StagedRows> {
  const { firstRow, signal, second } = options;
  const gathered = new GatheredRows();
  let staged = 0;
  /** One COPY of what was gathered, and of what follows it up to its end: that begins behind so many rows of the source. */
  const copy = async (following?: AsyncIterable<Uint8Array>, behind = 0): Promise<void> => {
    const { numbers, chunks } = gathered.take();
    const all = async function* (): AsyncGenerator<Uint8Array> {
      yield COPY_HEADER;
      yield* chunks;
      yield* following ?? [COPY_TRAILER];
    };
    staged += await copyRows(
      client,
      target,
      {
        columns: source.columns,
        format: source.format,
        chunks: all(),
        rowOfLine: (line) => numbers[line - 1] ?? line - numbers.length + behind,
      },
      // While rows are compared nothing may be merged.
      { firstRow, signal, second: following === undefined ? undefined : second },
    );
  };

  const ahead = await rows.readAhead(MIN_BYTES, signal);
  const place = rows.isOver ? undefined : await placeOf(client, source, ahead, options);
  if (place === undefined) {
    await copy(
      (async function* () {
        yield* ahead.map((window) => restOf(window, 0));
        yield* rows.remaining();
      })(),
    );
    return { rows: staged, staged, isAwaited: true };
  }
  const { table, page } = place;
  const comparison = new Comparison(client, table, rows, { gathered, page, ahead, stage: copy, signal });
  await comparison.run();
  await readAsUsual(client);
  if (!rows.isAtEnd || comparison.hasLeft)
    await copy(
      (async function* () {
        yield* comparison.left();
        yield* rows.remaining();
      })(),
      comparison.seen,
    );
  else if (gathered.count > 0) await copy();
  return { rows: staged + comparison.leftOut, staged, isAwaited: table.hasStatementTriggers };
}

/** Where in the live table the source's rows begin, if it is worth comparing them. */
async function placeOf(
  client: ClientBase,
  { columns }: CopySource,
  ahead: readonly RowsWindow[],
  { live, types, key, signal }: StageChangedOptions,
): Promise<{ table: LiveTable; page: number } | undefined> {
  signal?.throwIfAborted();
  const table = await findLiveTable(client, live, { names: columns, types, key });
  if (table === undefined) return undefined;
  await readByPages(client);
  const page = await findFirstPage(client, table, ahead);
  if (page !== undefined) return { table, page };
  await readAsUsual(client);
  return undefined;
}
