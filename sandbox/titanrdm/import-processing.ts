import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { errorSummary } from '../http/error-text.js';
import type { ImportRecord, ImportTableRecord } from './import-records.js';
import { mergeStaged } from './import-merge.js';
import { stageFile, TableRefused, type StagedTable } from './import-staging.js';
import type { ServerClock } from './server-clock.js';
import type { SandboxSettings } from './settings.js';
import type { Storage } from './storage.js';

export interface ProcessingContext {
  storage: Storage;
  clock: ServerClock;
  settings: () => SandboxSettings;
  /** Aborted when the sandbox closes. */
  signal: AbortSignal;
}

interface Staged {
  upload: ImportTableRecord;
  file: StagedTable;
}

/**
 * What happens after `complete`: every uploaded file is checked, then all of them are applied in one transaction.
 * A table that breaks a rule fails, and with it the whole import, of which nothing is applied (`onFailedTable: 'failTable'`
 * applies the others; the import says `failed` all the same). Tables whose upload was never confirmed took no part:
 * `complete` has failed them already, and they hold nobody up. With `forcedFailure` everything fails with that message.
 */
export async function processImport(
  record: ImportRecord,
  context: ProcessingContext,
  forcedFailure?: string,
): Promise<void> {
  const started = performance.now();
  const begun = new Date().toISOString();
  const uploads = record.tables.filter((table) => table.status === 'processing');
  for (const upload of uploads) upload.startedAt = begun;
  try {
    await sleep(context.settings().importDelayMs, undefined, { signal: context.signal });
    if (forcedFailure === undefined) {
      settle(record, uploads, await applyUploads(uploads, context), (performance.now() - started) / 1000);
    } else fail(record, uploads, forcedFailure, (performance.now() - started) / 1000);
  } catch (error) {
    if (context.signal.aborted) return;
    // Anything but a broken rule is a fault of the sandbox: the import says so instead of processing for ever.
    const message = `Internal error: ${errorSummary(error)}`;
    fail(record, uploads, message, (performance.now() - started) / 1000);
  } finally {
    for (const upload of uploads) await rm(upload.path, { force: true });
  }
}

/** Returns the uploads whose rows have been committed. */
async function applyUploads(
  uploads: ImportTableRecord[],
  context: ProcessingContext,
): Promise<ReadonlySet<ImportTableRecord>> {
  const committed = new Set<ImportTableRecord>();
  if (uploads.length === 0) return committed;
  const { storage } = context;
  const perTable = context.settings().onFailedTable === 'failTable';
  await storage.withConnection(async (connection) => {
    const staged = await stageAll(connection, uploads);
    if (!perTable && staged.length < uploads.length) return;
    await storage.ensureTables(
      connection,
      staged.map(({ upload }) => upload.table),
    );
    for (const group of perTable ? staged.map((one) => [one]) : [staged]) {
      if (await applyGroup(connection, group, context)) for (const { upload } of group) committed.add(upload);
    }
  });
  return committed;
}

async function stageAll(connection: DuckDBConnection, uploads: ImportTableRecord[]): Promise<Staged[]> {
  const staged: Staged[] = [];
  for (const upload of uploads) {
    const begun = performance.now();
    try {
      const file = await stageFile(connection, upload);
      const twice = upload.pattern === 'full' && uploads.some((each) => each !== upload && each.table === upload.table);
      // A second whole table would delete what the first one brought: two wholes contradict each other.
      if (twice) throw new TableRefused('The import has another file for this table, which full does not allow');
      staged.push({ upload, file });
    } catch (error) {
      if (!(error instanceof TableRefused)) throw error;
      refuse(upload, error.message);
    }
    upload.durationSeconds = (performance.now() - begun) / 1000;
  }
  return staged;
}

/** All tables of the group, or none: says which. */
async function applyGroup(
  connection: DuckDBConnection,
  group: Staged[],
  { storage, clock, settings }: ProcessingContext,
): Promise<boolean> {
  const { deleteOfUnknownKey } = settings();
  let current: Staged | undefined;
  try {
    await storage.transaction(connection, async () => {
      const now = clock.now();
      for (current of group) {
        const { upload, file } = current;
        const begun = performance.now();
        const { inserted, updated, deleted, unchanged } = await mergeStaged(connection, upload, file, {
          now,
          deleteOfUnknownKey,
        });
        upload.counts = { inserted, updated, deleted };
        upload.actions = Object.entries({ read: file.rows, inserted, updated, deleted, unchanged }).map(
          ([action, rows]) => ({ action, rows }),
        );
        upload.durationSeconds = (upload.durationSeconds ?? 0) + (performance.now() - begun) / 1000;
      }
    });
  } catch (error) {
    if (!(error instanceof TableRefused) || current === undefined) throw error;
    refuse(current.upload, error.message);
    return false;
  }
  return true;
}

function fail(record: ImportRecord, uploads: ImportTableRecord[], message: string, seconds: number): void {
  for (const upload of uploads) refuse(upload, message);
  settle(record, uploads, new Set(), seconds);
  record.message = message;
  record.status = 'failed';
}

function refuse(upload: ImportTableRecord, message: string): void {
  upload.status = 'failed';
  upload.message = message;
}

/** Gives every table and the import their last status: the tables first, since a client stops polling at the import's. */
function settle(
  record: ImportRecord,
  uploads: ImportTableRecord[],
  committed: ReadonlySet<ImportTableRecord>,
  seconds: number,
): void {
  for (const upload of uploads) {
    if (committed.has(upload)) upload.status = 'completed';
    else if (upload.status !== 'failed') refuse(upload, 'Not applied, since another table of the import failed');
    if (!committed.has(upload)) upload.counts = { inserted: 0, updated: 0, deleted: 0 };
    upload.endedAt = new Date().toISOString();
  }
  const failed = uploads.filter(({ status }) => status === 'failed');
  const first = failed.find(({ message }) => message !== null && !message.startsWith('Not applied'));
  record.durationSeconds = seconds;
  if (failed.length > 0) {
    record.message = `${failed.length} of ${record.tables.length} tables failed: ${first?.table.name ?? ''}: ${first?.message ?? ''}`;
  }
  record.status = failed.length > 0 ? 'failed' : 'completed';
}
