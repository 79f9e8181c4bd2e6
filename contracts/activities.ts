import type { Poll, BranchSelector, ExportPattern, MaxDeletes, UploadPattern } from './titan-common.js';
import type { RowCounts, ResultsReference, ImportTableResult, TableDifference } from './titan-results.js';
import type { TableSelector } from './titan-inputs.js';
import type { TableReference } from './table-reference.js';
import type { PostgresIngestOptions } from './postgres-inputs.js';
import type { IngestedTable } from './postgres-results.js';
import type { Advance, Open, Opened, Rebuild, Recorded } from './watermark.js';

/** A deployed table, as workflows carry it: names and ids only, never its columns. */
export interface TableTarget {
  /** Key of the deployed table definition. */
  key: string;
  /** Id of the deployed table, as the mapping lookup wants it. */
  id: string;
  /** Display name. */
  name: string;
  /** Physical name, `database_table_name`. */
  table: string;
  /** Display name of the domain. */
  domain: string;
  conventionKey: string;
}

export interface Discovery {
  branchId: string;
  domain: { id: string; name: string; abbreviation: string };
  tables: TableTarget[];
}

export type Presence = 'absent' | 'empty' | 'rows';

/** Rows of a table that lie behind a mark of its cursor column. */
export interface ChangesWanted {
  cursor: string;
  lag?: string | number;
  /** Null: all of them. */
  after: string | null;
}

/** How a table is compared with what TitanRDM holds before anything of it is sent. */
export interface ComparisonOptions {
  /** How the export is waited for. */
  poll: Poll;
  maxDeletes?: MaxDeletes;
  /** An export that was made for it already: used where it is still to be had. */
  exportId?: string;
}

export type CompareTableInput = Pick<
  SendTableInput,
  'connection' | 'branchId' | 'target' | 'source' | 'mappingKey' | 'correlationCode' | 'onEmpty'
> & { compare: ComparisonOptions };

/** What `auto` found out about a table: whether there is anything to send. */
export type ComparedTable =
  | { outcome: 'changed'; exportId: string; difference: TableDifference }
  | { outcome: 'skipped (no source data)' }
  /** Empty, or unchanged: then with the difference. */
  | { outcome: 'skipped (empty)'; difference?: TableDifference };

export interface SendTableInput {
  connection: string;
  branchId: string;
  importId: string;
  target: TableTarget;
  source: TableReference;
  pattern: UploadPattern;
  mappingKey?: string;
  correlationCode: string;
  onEmpty: 'skip' | 'send';
  validate: boolean;
  /** Only these rows. */
  changes?: ChangesWanted;
  /** For `auto`, and where `maxDeletes` limits what may be removed. */
  compare?: ComparisonOptions;
}

export interface SendTableResult {
  outcome: 'sent' | 'skipped (no source data)' | 'skipped (empty)';
  rows: number;
  bytes: number;
  importTables: { id: string; correlationCode: string }[];
  /** The next mark of its cursor, where only changes were sent. */
  mark?: string;
  /** Under `auto`. */
  difference?: TableDifference;
}

export interface ProcessedTable extends ImportTableResult {
  counts: RowCounts;
  /** What the status means: `success`, or `failed` with the reason in `message`. */
  outcome: 'success' | 'failed';
}

export interface ProcessedImport {
  id: string;
  status: string;
  outcome: 'success' | 'failed';
  message: string | null;
  description: string | null;
  correlationCode: string | null;
  counts: RowCounts;
  durationSeconds: number | null;
  /** In the server's order; empty when it does not list them. */
  tables: ProcessedTable[];
}

/** Activities of the TitanRDM plugin. Names are public: they show in histories. */
export interface TitanRdmActivities {
  titanListDomains(input: {
    connection: string;
    branch: BranchSelector;
    domains?: string[];
  }): Promise<{ id: string; name: string; abbreviation: string }[]>;
  titanDiscover(input: {
    connection: string;
    branch: BranchSelector;
    domain: string;
    tables?: string[];
  }): Promise<Discovery>;
  titanResolveTables(input: {
    connection: string;
    branch: BranchSelector;
    tables: TableSelector[];
  }): Promise<{ branchId: string; tables: TableTarget[] }>;
  /** Compares a table with what TitanRDM holds, sends nothing. */
  titanCompareTable(input: CompareTableInput): Promise<ComparedTable>;
  titanCreateBatch(input: {
    connection: string;
    branchId: string;
    description: string;
    correlationCode: string;
  }): Promise<{ importId: string; status: string }>;
  titanSendTable(input: SendTableInput): Promise<SendTableResult>;
  /** Reads the import: are its tables exactly the confirmed ones? */
  titanVerifyBatch(input: {
    connection: string;
    importId: string;
    importTableIds: string[];
  }): Promise<{ status: string; verdict: 'whole' | 'tainted'; reason?: string }>;
  /** `statusBefore` is what `titanVerifyBatch` read: a lost reply is settled by reading whether it changed. */
  titanCompleteBatch(input: {
    connection: string;
    importId: string;
    statusBefore: string;
    message: string;
  }): Promise<{ status: string }>;
  titanPollImport(input: { connection: string; importId: string; poll: Poll }): Promise<ProcessedImport>;
  /** Tells the server that the batch's tables failed; never throws for what the server answers. */
  titanAbandonBatch(input: {
    connection: string;
    importId: string;
    importTableIds: string[];
    reason: string;
  }): Promise<void>;
  titanCreateExport(input: {
    connection: string;
    branchId: string;
    tableKey: string;
    pattern: ExportPattern;
    includeHistory: boolean;
    correlationCode: string;
    highWaterMark?: string;
  }): Promise<{
    exportId: string;
    /** The server's clock when it was asked, ISO 8601; null when it did not say. */
    askedAt?: string | null;
  }>;
  titanPollExport(input: { connection: string; exportId: string; poll: Poll }): Promise<{
    rows: number | null;
    bytes: number | null;
    /** When the export began, by the server's clock. */
    startedAt?: string | null;
  }>;
  titanReceiveTable(input: {
    connection: string;
    branchId: string;
    exportId: string;
    tableKey: string;
    store: string;
    table: string;
    mode: 'replace' | 'delta';
    deltaName: string;
    /** The rows are versions of records. */
    history?: boolean;
    /** Rows that the server says it exported; another number received is an error. */
    expectedRows: number | null;
    /** Asks for the table's next mark. */
    mark?: { since: string | null; startedAt: string | null; lagSeconds: number };
  }): Promise<{
    rows: number;
    bytes: number;
    reference: TableReference;
    lastChange: string | null;
    /** Null when what was received does not tell. */
    nextMark?: string | null;
    /** What the store could not keep as it was meant. */
    warnings?: string[];
  }>;
}

export interface IngestStretchInput {
  options: PostgresIngestOptions;
  /** Identity of the run, the same in all its stretches, attempts and continuations. */
  run: string;
  /** Batches that its earlier stretches have committed, and their rows. */
  committed: number;
  committedRows: number;
  /** Id of what a person has set, which `options.highWatermark` is: the target's marker takes it. */
  override?: string;
}

/** What the target says of what has arrived in it. */
export interface TargetWatermark {
  /** Null when there is none. One that is long is shown by its beginning. */
  value: unknown;
  /** Who has committed last; null when it was not Tidemark. */
  marker: { pipeline: string | null; run: string; override: string | null } | null;
  /** It is no value that can be gone on from. */
  unreadable?: boolean;
}

/** What one stretch of batches did. */
export interface IngestStretch {
  batches: number;
  rows: number;
  quarantined: number;
  leftOut: number;
  /** Batches that this run had committed and that the server has lost: they are written again. */
  lostByServer: number;
  highWatermark: { from: unknown; to: unknown };
  tables: IngestedTable[];
  /** The source has nothing more. */
  usedUp: boolean;
}

/** Activities of the PostgreSQL plugin. */
export interface PostgresActivities {
  /** The high watermark that the comment of the first table holds. */
  postgresReadWatermark(input: { target: string; table: { schema: string; name: string } }): Promise<TargetWatermark>;
  /** Batches of the source, each committed with its watermark, until it is used up or the stretch is long enough. */
  postgresIngestStretch(input: IngestStretchInput): Promise<IngestStretch>;
}

/** Activities of the watermark plugin. Each may be repeated: what has been done is not done twice. */
export interface WatermarkActivities {
  /** What a run begins from; starts the pipeline's watermark workflow where there is none. */
  tidemarkOpenWatermarks(input: Open & { pipeline: string }): Promise<Opened>;
  tidemarkAdvanceWatermark(input: Advance & { pipeline: string }): Promise<Recorded>;
  /** Takes over the copy at the target. */
  tidemarkRebuildWatermark(input: Rebuild & { pipeline: string }): Promise<Recorded>;
  /** Looks whether a workflow has ended, however it did; fails with `PIPELINE_RUNNING`, to be tried again, while it is under way. */
  tidemarkWaitForRun(input: { workflowId: string }): Promise<void>;
}

/** Activities that every plugin brings, whatever its system. */
export interface TidemarkActivities {
  /** What each source holds: absent, empty, or rows. In the order of the input. */
  tidemarkProbeTables(input: {
    sources: TableReference[];
    /** Of which sources only changes count, in the same order. */
    changes?: (ChangesWanted | null)[];
  }): Promise<Presence[]>;
  /** Writes one part of a long list to the results location; the same part again replaces it. */
  tidemarkSaveResults(input: {
    workflowId: string;
    runId: string;
    name: string;
    part: number;
    entries?: unknown[];
    /** Takes the entries from another list instead. */
    from?: ResultsReference;
  }): Promise<{ location: string; entries: number }>;
}
