import type { ProcessedImport, ProcessedTable } from '../../contracts/activities.js';
import { cutText, type ErrorInfo } from '../../contracts/errors.js';
import type {
  ImportBatchResult,
  RowCounts,
  TableDifference,
  TableStatus,
  Totals,
  UploadResult,
  UploadTableResult,
} from '../../contracts/titan-results.js';
import { counted, grouped } from '../../contracts/readable.js';
import { listOrReference } from '../listing.js';
import type { ManifestEntry, TableState } from './job.js';

const NO_COUNTS: RowCounts = { inserted: null, updated: null, deleted: null };

function base(entry: ManifestEntry): Omit<UploadTableResult, 'status' | 'rows'> {
  const { domain, table, key, conventionKey } = entry.target;
  return { domain, table, tableKey: key, conventionKey, pattern: entry.pattern };
}

export function skipped(
  entry: ManifestEntry,
  status: 'skipped (no source data)' | 'skipped (empty)',
  difference?: TableDifference,
): UploadTableResult {
  return { ...base(entry), rows: 0, status, ...(difference === undefined ? {} : { difference }) };
}

function failed(entry: ManifestEntry, error: ErrorInfo, more: Partial<UploadTableResult> = {}): UploadTableResult {
  return { ...base(entry), ...more, rows: 0, status: `error: ${error.message}`, error };
}

/** What the server made of one table: `success` only when it has processed all of its parts. */
function processedResult(
  entry: ManifestEntry,
  state: Extract<TableState, { state: 'sent' }>,
  processed: ProcessedImport,
): UploadTableResult {
  const parts = state.sent.importTables.map(({ id, correlationCode }): ProcessedTable => {
    const listed = processed.tables.find((table) => table.id === id);
    return listed === undefined ? likeTheImport(id, correlationCode, processed) : { ...listed, correlationCode };
  });
  const more = {
    bytes: state.sent.bytes,
    durationSeconds: state.durationSeconds,
    ...(state.sent.difference === undefined ? {} : { difference: state.sent.difference }),
    counts: parts.map((part) => part.counts).reduce(addCounts),
    importTables: parts.map(({ id, status, correlationCode, fileSize, message, durationSeconds }) => ({
      id,
      status,
      correlationCode,
      fileSize,
      message,
      durationSeconds,
    })),
  };
  const refused = parts.find((part) => part.outcome === 'failed');
  if (refused === undefined) return { ...base(entry), ...more, rows: state.sent.rows, status: 'success' };
  const reason = refused.message ?? processed.message ?? `its status is '${refused.status}', without a reason`;
  const message = `TitanRDM refused table ${entry.target.conventionKey}: ${reason}`;
  return failed(entry, { code: 'TITAN_TABLE_FAILED', message, retryable: false }, more);
}

function likeTheImport(id: string, correlationCode: string, processed: ProcessedImport): ProcessedTable {
  const { status, outcome, message } = processed;
  return { id, correlationCode, status, outcome, message, fileSize: null, durationSeconds: null, counts: NO_COUNTS };
}

/** Why there is no verdict of the server: the batch was not completed, or it was and its end was not seen. */
export interface NoVerdict {
  completed: boolean;
  /** Code of the error that ended the run. */
  code: string;
}

/** The list as far as it is known: `end` is the server's verdict where there is one; left out when nothing was sent. */
export function tableResults(
  manifest: readonly ManifestEntry[],
  states: readonly TableState[],
  end: ProcessedImport | NoVerdict = { completed: false, code: '' },
): UploadTableResult[] {
  return manifest.map((entry, index) => {
    const state = states[index] ?? { state: 'waiting' };
    switch (state.state) {
      case 'ended':
        return state.result;
      case 'failed':
        return failed(entry, state.error, { durationSeconds: state.durationSeconds });
      case 'sent':
        return 'completed' in end ? failed(entry, sentOnly(end)) : processedResult(entry, state, end);
      case 'waiting': {
        const code = 'code' in end ? end.code : '';
        const message = `not sent: the batch was not completed (${code})`;
        return failed(entry, { code: 'TITAN_NOT_SENT', message, retryable: false });
      }
    }
  });
}

function sentOnly({ completed, code }: NoVerdict): ErrorInfo {
  if (completed)
    return {
      code,
      message: `sent, and possibly applied: the end of the batch was not seen (${code})`,
      retryable: false,
    };
  const message = `sent, but not applied: the batch was not completed (${code})`;
  return { code: 'TITAN_NOT_APPLIED', message, retryable: false };
}

/** Errors named in a failure's text: one may only say that another is the cause. */
const MAX_NAMED_ERRORS = 3;

/** The first error, with the texts of the first few. */
export function firstErrors(tables: readonly UploadTableResult[]): ErrorInfo | undefined {
  const errors = tables.flatMap((table) => table.error ?? []);
  const texts = errors.slice(0, MAX_NAMED_ERRORS).map(({ message }) => cutText(message, 500));
  const more = errors.length > texts.length ? [`and ${errors.length - texts.length} more`] : [];
  return errors[0] === undefined ? undefined : { ...errors[0], message: [...texts, ...more].join('; ') };
}

/** Result and failure details alike: totals, and the list or where it is. */
export async function uploadResult(
  tables: UploadTableResult[],
  processed: ProcessedImport | null,
  abandonedBatches: string[],
): Promise<UploadResult> {
  const unchanged = tables.filter(({ status, difference }) => status.startsWith('skipped') && difference !== undefined);
  const totals = { ...totalsOf(tables), counts: countsOf(tables, processed) };
  const batch = processed === null ? null : batchResult(processed);
  const list = await listOrReference('tables', tables);
  return {
    // First, since it is what a person reads of a result in the Web UI.
    summary: summaryOf(totals, batch, unchanged.length),
    batch,
    totals,
    tables: list.inline,
    ...(list.reference === undefined ? {} : { tablesReference: list.reference }),
    abandonedBatches,
  };
}

export function totalsOf(tables: readonly { status: TableStatus; rows: number; bytes?: number }[]): Totals {
  const totals: Totals = { tables: tables.length, success: 0, skipped: 0, failed: 0, rows: 0, bytes: 0 };
  for (const table of tables) {
    if (table.status === 'success') totals.success += 1;
    else if (table.status.startsWith('skipped')) totals.skipped += 1;
    else totals.failed += 1;
    totals.rows += table.rows;
    if (table.status === 'success') totals.bytes += table.bytes ?? 0;
  }
  return totals;
}

/** The tables' counts added up; the import's own where the server told of no table. */
function countsOf(tables: readonly UploadTableResult[], processed: ProcessedImport | null): RowCounts {
  const listed = tables.flatMap((table) => (table.counts === undefined ? [] : [table.counts]));
  const sum = listed.length === 0 ? NO_COUNTS : listed.reduce(addCounts);
  return sum.inserted === null && sum.updated === null && sum.deleted === null ? (processed?.counts ?? NO_COUNTS) : sum;
}

export function addCounts(a: RowCounts, b: RowCounts): RowCounts {
  const add = (x: number | null, y: number | null): number | null => (x === null ? y : y === null ? x : x + y);
  return {
    inserted: add(a.inserted, b.inserted),
    updated: add(a.updated, b.updated),
    deleted: add(a.deleted, b.deleted),
  };
}

function batchResult(processed: ProcessedImport): ImportBatchResult {
  const { id, status, message, description, correlationCode, counts, durationSeconds } = processed;
  return { id, status, message, description, correlationCode, counts, durationSeconds };
}

function summaryOf(totals: UploadResult['totals'], batch: ImportBatchResult | null, unchanged: number): string {
  const same = unchanged > 0 ? ` (${unchanged} unchanged)` : '';
  const skips = totals.skipped > 0 ? `, ${totals.skipped} skipped${same}` : '';
  const fails = totals.failed > 0 ? `, ${totals.failed} failed` : '';
  if (batch === null)
    return `No batch was completed: of ${counted(totals.tables, 'table')} none was applied${skips}${fails}.`;
  const { inserted, updated, deleted } = totals.counts;
  const said = (count: number | null): string => (count === null ? 'an unknown number' : grouped(count));
  return (
    `Batch ${batch.id}: ${grouped(totals.success)} of ${counted(totals.tables, 'table')}, ${counted(totals.rows, 'row')}${skips}${fails}; ` +
    `${said(inserted)} inserted, ${said(updated)} updated, ${said(deleted)} removed.`
  );
}
