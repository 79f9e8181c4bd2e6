import type { ErrorInfo } from './errors.js';
import type { TableReference } from './table-reference.js';
import type { ExportPattern, UploadPattern } from './titan-common.js';

/** `error: ...` holds the error's text; the others are exactly these. */
export type TableStatus = 'success' | 'skipped (no source data)' | 'skipped (empty)' | `error: ${string}`;

/** Records that the server inserted, updated, deleted. Null where it did not say. */
export interface RowCounts {
  inserted: number | null;
  updated: number | null;
  deleted: number | null;
}

/** How a source differs from what TitanRDM holds, in records. */
export interface TableDifference {
  /** Records that only the source has. */
  inserts: number;
  updates: number;
  /** Records that only TitanRDM has. */
  deletes: number;
  unchanged: number;
  /** Records that TitanRDM holds. */
  held: number;
}

/** One import table, as the server tells of it. */
export interface ImportTableResult {
  id: string;
  status: string;
  correlationCode: string;
  fileSize: number | null;
  message: string | null;
  durationSeconds: number | null;
}

/** The high watermark of one table, where the pipeline keeps it. */
export interface TableWatermark {
  from: unknown;
  /** The same as `from` when it did not move. */
  to: unknown;
  /** Where it began, and why: no mark yet, one that was lost, what a person has set. */
  note?: string;
}

/** One table of an import batch or sync, in manifest order. */
export interface UploadTableResult {
  /** Display name of the domain. */
  domain: string;
  /** Physical name (`database_table_name`). */
  table: string;
  /** Key of the deployed table definition. */
  tableKey: string;
  conventionKey: string;
  /** Rows sent; 0 unless `success`. */
  rows: number;
  status: TableStatus;
  pattern: UploadPattern;
  /** Under `auto`: how the source differed from what TitanRDM held. Nothing was sent where it did not: the status is `skipped (empty)` then. */
  difference?: TableDifference;
  counts?: RowCounts;
  /** Bytes of the file that was sent. */
  bytes?: number;
  /** Seconds from the first step to the last, as the workflow saw them. */
  durationSeconds?: number;
  /** The import tables at the server: one, or several when the file had to be split. */
  importTables?: ImportTableResult[];
  watermark?: TableWatermark;
  error?: ErrorInfo;
}

/** The import batch at the server. */
export interface ImportBatchResult {
  id: string;
  status: string;
  message: string | null;
  description: string | null;
  correlationCode: string | null;
  counts: RowCounts;
  durationSeconds: number | null;
}

export interface Totals {
  tables: number;
  success: number;
  skipped: number;
  failed: number;
  rows: number;
  bytes: number;
}

/** A list above 200 entries: where it was written. */
export interface ResultsReference {
  /** Folder (or S3 prefix) that holds `{name}-{part}.json`, each one JSON array, in order. */
  location: string;
  name: string;
  parts: number;
  entries: number;
}

export interface UploadResult {
  /** Null when there was nothing to send, so that no batch was created. */
  batch: ImportBatchResult | null;
  totals: Totals & { counts: RowCounts };
  /** Empty when `tablesReference` says where the list is. */
  tables: UploadTableResult[];
  tablesReference?: ResultsReference;
  /** Batches that were given up before this one and never completed, so never applied. */
  abandonedBatches: string[];
  /** One line for people: what was sent and how many records it removed. */
  summary: string;
}
export type TitanImportBatchResult = UploadResult;
export type TitanConventionUploadResult = UploadResult & { domain: string };

export interface DownloadTableResult {
  domain: string;
  table: string;
  tableKey: string;
  conventionKey: string;
  rows: number;
  status: TableStatus;
  pattern: ExportPattern;
  /** Where the rows are now. */
  reference?: TableReference;
  bytes?: number;
  durationSeconds?: number;
  export?: { id: string; correlationCode: string };
  /** Largest `trdm_created_at` received, or null when there was no row: the base of the next high watermark. */
  lastChange?: string | null;
  /**
   * What is not as it was meant: columns of a data type that the store has no counterpart of, a full export where the tenant refuses
   * incremental ones, a mark that could not be found.
   */
  warnings?: string[];
  watermark?: TableWatermark;
  error?: ErrorInfo;
}

export interface TitanConventionDownloadResult {
  domain: string;
  totals: Totals;
  tables: DownloadTableResult[];
  tablesReference?: ResultsReference;
  summary: string;
}

export interface DomainResult {
  domain: string;
  status: 'success' | `error: ${string}`;
  totals: Totals;
  batchId?: string | null;
  workflowId: string;
  error?: ErrorInfo;
}

export interface TitanSyncDomainsResult {
  direction: 'upload' | 'download';
  totals: Totals & { domains: number; domainsFailed: number };
  domains: DomainResult[];
  tables: (UploadTableResult | DownloadTableResult)[];
  domainsReference?: ResultsReference;
  tablesReference?: ResultsReference;
  summary: string;
}

/** Answer of the query `progress`. */
export interface ProgressView {
  phase: string;
  totals: Totals;
  batchId?: string;
  /** At most 50: the failed ones, those in work, what was sent or has ended (the latest first), then what waits. */
  tables: { name: string; state: string; rows?: number; bytes?: number }[];
}

/** Lists longer than this go to the results location. */
export const MAX_LIST_IN_RESULT = 200;
