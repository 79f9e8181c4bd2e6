import type { Readable } from 'node:stream';
import type { ClientBase } from 'pg';
import type { PostgresTable } from '../../contracts/postgres-table.js';

/** What a high watermark can be: any JSON value. Integers beyond 2^53 are refused, not rounded: give them as strings. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One row, a value per column in the order of the definition. */
export type PostgresRow = readonly unknown[];

/** A table of the call, by its definition or by `{schema, name}`. Rows of a table that is not among the call's are skipped. */
export type TableOf = Pick<PostgresTable, 'schema' | 'name'>;

/** Rows as JavaScript values, of one table or of many, in any order. */
export type JavaScriptRows = AsyncIterable<readonly [TableOf, PostgresRow]> | Iterable<readonly [TableOf, PostgresRow]>;

/**
 * Rows as CSV bytes that are passed on to the server untouched: RFC 4180 with a header, UTF-8, an unquoted empty field is NULL and
 * `""` is the empty string. Columns are matched by the header's names, in any order; one that is missing becomes NULL.
 */
export interface CsvRows {
  table: TableOf;
  csv: Readable | AsyncIterable<Uint8Array>;
}

/** Rows that DuckDB reads: a Parquet file, or any query of its own dialect whose columns are matched by name. */
export interface DuckRows {
  table: TableOf;
  /** DuckDB SQL, for instance `SELECT * FROM read_parquet('orders.parquet')`. Trusted: it can read what the process can. */
  duckdb: string;
}

/** What a source yields: rows and the high watermark that they bring the target to. */
export interface IngestBatch {
  /** A value, or a function that is called once this batch's rows are used up. */
  highWatermark: JsonValue | (() => JsonValue | Promise<JsonValue>);
  /** Passed to `onBeforeVisible` as it is. */
  metadata?: unknown;
  rows: JavaScriptRows | CsvRows | DuckRows | readonly (CsvRows | DuckRows)[];
}

/** What earlier calls of the same run have committed, by the marker at the target: an attempt that died may have told nobody. */
export interface RunSoFar {
  /** 0 as well when the marker names another run. */
  batches: number;
  /** Rows that arrived with them. */
  rows: number;
}

/** Asked once per call, with the watermark to go on from (null: from the beginning). */
export type Batches = (highWatermark: JsonValue, soFar: RunSoFar) => AsyncIterable<IngestBatch> | Iterable<IngestBatch>;

/** What a hook gets: the open transaction of the batch, and the table that its rows were written to (possibly a new one, not yet in place). */
export interface BeforeVisible {
  client: ClientBase;
  table: TableOf;
  batchMetadata: unknown;
}

/** Who is in the way while a lock is waited for. Never the text of their queries: it may hold a row. */
export interface BlockingSession {
  pid: number;
  user: string | null;
  application: string | null;
  state: string | null;
  /** Seconds since its transaction began. */
  transactionSeconds: number | null;
}

/** A table that was made ready for the rows of a batch, inside the batch's transaction. */
export interface PreparedTable {
  definition: PostgresTable;
  /** Where rows go now: the live table, or a new one beside it (same schema) that takes its place in `swap`. */
  writeTo: TableOf;
  /** The rows go to another table than the live one. */
  isReplacement: boolean;
  /**
   * `writeTo` was created in this transaction, holds no row yet, and has neither key nor indexes: `finish` makes them. Its columns are
   * NOT NULL where the definition says so.
   */
  isBare: boolean;
  /** Primary key and unique constraints, where not there yet. Throws the server's 23505 when rows repeat a key. */
  addKeys: () => Promise<void>;
  /** Indexes, foreign keys, comments. After `addKeys`. */
  finish: () => Promise<void>;
  /** Puts the new table in the live one's place, with its owner, grants, and the views that depend on it; nothing to do when the live table was written to. */
  swap: () => Promise<void>;
}
