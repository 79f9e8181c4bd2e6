/** One table of an ingest. */
export interface IngestedTable {
  schema: string;
  table: string;
  /** Rows that arrived. */
  rows: number;
  /** Rows that went to quarantine instead. */
  quarantined: number;
  /** What became of the table itself: made, left as it was, or replaced since its definition changed or rows were to be deleted. */
  migration: 'created' | 'kept' | 'replaced';
}

/** What a run has to say of the pipeline's high watermark beside where it went. */
export interface IngestWatermarkNote {
  /** The watermark workflow held another value than the table, which decides. */
  differed?: { workflow: unknown; table: unknown; reason: string };
  /** What a person has set or reset, and this run began from: `applied` once rows are committed with it, else it waits for the next run. */
  override?: { id: string; kind: 'set' | 'reset'; by: string; reason: string; applied: boolean };
  /** Why the watermark workflow has not heard of all that this run has committed. The table has it, and the next run tells it. */
  notRecorded?: string;
}

/** Result of `postgresIngest`. */
export interface PostgresIngestResult {
  /** Batches committed by this run. */
  batches: number;
  rows: number;
  quarantined: number;
  /** Rows that the source left out: those of a query whose cursor is NULL. */
  leftOut: number;
  /**
   * Batches that this run had committed and that the server had lost afterwards (asynchronous commits, a failover to a replica that was
   * behind, a restored backup): the watermark in the table decides, so they were written again.
   */
  lostByServer: number;
  /** As JSON; one whose text is above 8,000 characters is shown by its beginning: `{ cut, characters }`. */
  highWatermark: { from: unknown; to: unknown };
  tables: IngestedTable[];
  /** Left out when there is nothing to say. */
  watermark?: IngestWatermarkNote;
  /** One line for people. */
  summary: string;
}

/** Answer of the query `progress` of `postgresIngest`, and what its heartbeats carry. */
export interface IngestProgress {
  phase: string;
  batches: number;
  rows: number;
  quarantined: number;
  /** The committed one. */
  highWatermark: unknown;
  /** Sessions that this run waits for, by their process id at the server. */
  waitingFor?: { pid: number; user: string | null; application: string | null; seconds: number | null }[];
}
