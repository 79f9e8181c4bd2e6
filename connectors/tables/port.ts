import type { Readable } from 'node:stream';

/**
 * Tidemark's table format in motion: CSV as RFC 4180 with a header, UTF-8 without BOM, `\n` line ends,
 * an unquoted empty field is NULL and `""` is the empty string. Bytes are passed on, values are never guessed at.
 */
export interface CsvTable {
  /** The CSV bytes, header first. Read once; destroying it releases all that stands behind it. */
  stream: Readable;
  /** Bytes of the whole stream where known beforehand (a file): then it needs no spooling. */
  bytes?: number;
  /** Path of a CSV file that holds exactly these bytes, where there is one: it can be looked at in place. Not to be written to. */
  path?: string;
}

/** How a downloaded table arrives. */
export interface WriteOptions {
  /**
   * `replace` puts the table in place of the old one. `delta` brings changes: a folder keeps them as a file of their own and never touches
   * the table, a database merges them into the table at once (by key, tombstones applied; the same delta again changes nothing).
   */
  mode: 'replace' | 'delta';
  /** Distinguishes deltas: the same run and name again overwrites its own delta. For instance workflow run id. */
  deltaName?: string;
  /** Columns of the deployed definition, for stores that need types and keys. */
  columns?: readonly { name: string; dataType: string; primaryKey?: boolean }[];
  /** The rows are versions of records, not records: a store that merges keeps each version once. */
  history?: boolean;
  /**
   * A column of instants whose largest value the store reports, found while the rows are counted (one look at the bytes,
   * not two). For instance `trdm_created_at`, the base of the next high watermark.
   */
  largestOf?: string;
  /**
   * Asked when all bytes are there and, again, right before anything changes: what it throws undoes the write. For instance a row count
   * that is short, or a writer whose place another one has taken.
   */
  verify?: (arrived: { rows: number; bytes: number; largest: string | null }) => void;
  signal?: AbortSignal;
}

export interface WrittenTable {
  /** Name of the table or delta in the store: what a `{connection, table}` reference says. */
  table: string;
  rows: number;
  bytes: number;
  /**
   * Largest instant of the column `largestOf`, as ISO 8601 with offset and every digit it came with; null when there is no
   * row, no such column, or a value that is no instant (so that a mark never runs ahead of what was understood).
   */
  largest?: string | null;
  /** What the store could not keep as it was meant, in sentences; left out when there is nothing to say. */
  warnings?: readonly string[];
}

/** A delta that waits to be consumed. */
export interface StoredDelta {
  /** What `read` takes. */
  name: string;
  /** The table that it belongs to. */
  table: string;
}

/** What a table holds, as far as the beginning of it tells. */
export type TablePresence = 'absent' | 'empty' | 'rows';

/** Rows of a table that lie behind a mark of a column whose values grow. */
export interface Changes {
  cursor: string;
  /** How far behind the largest value the next mark stays: an interval for a cursor in time, a number for a numeric one. */
  lag?: string | number;
  /** Null: all rows. */
  after: string | null;
}

/** Where tables live by name (the convention key). */
export interface TableStore {
  /** Whether `write` makes use of `columns`: a caller for whom they cost a call can leave them out otherwise. */
  readonly needsTypes: boolean;
  /** Names of all tables, sorted. */
  list(options?: { signal?: AbortSignal }): Promise<string[]>;
  /** Undefined when there is no such table. */
  read(table: string, options?: { signal?: AbortSignal }): Promise<CsvTable | undefined>;
  /** Atomic: readers see the old table or the new one; on failure or abort nothing has changed and nothing is left behind. */
  write(table: string, csv: Readable, options: WriteOptions): Promise<WrittenTable>;
  /** Reads only as much as it needs to tell. */
  probe(table: string, options?: { signal?: AbortSignal }): Promise<TablePresence>;
  /** Deltas in the order they were written, of one table or of all. */
  listDeltas(table?: string): Promise<StoredDelta[]>;
  /** To be called when a delta has been consumed. False when there is none of that name. */
  removeDelta(name: string): Promise<boolean>;
  /** Queries that a reference may name, for stores that have them. */
  readonly queries?: {
    read(query: string, options?: { signal?: AbortSignal }): Promise<CsvTable>;
    probe(query: string, options?: { signal?: AbortSignal }): Promise<TablePresence>;
  };
  /** Reads what has changed in a table, for stores that can tell. Both are undefined when there is no such table. */
  readonly changes?: {
    /** One state of the table: the rows, and the mark that they bring it to; no rows where nothing lies behind. */
    read(
      table: string,
      changes: Changes,
      options?: { signal?: AbortSignal },
    ): Promise<{ csv: CsvTable; mark: string } | 'nothing new' | undefined>;
    probe(table: string, changes: Changes, options?: { signal?: AbortSignal }): Promise<TablePresence>;
  };
  /** Tries that the store can be used; throws a `TidemarkError` that says what is wrong and how to mend it. */
  check(): Promise<void>;
  close(): Promise<void>;
}
