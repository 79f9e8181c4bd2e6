import { ActivityFailure, CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { ErrorInfo } from '../../contracts/errors.js';
import type { UploadResult } from '../../contracts/titan-results.js';
import { errorInfoOf, failWith } from '../failures.js';
import { MAX_BATCHES, secondsBeforeBatch } from '../policies.js';
import { call, lastWord, wait } from '../steps.js';
import { compareTables } from './compare-tables.js';
import type { ImportJob, ImportState } from './job.js';
import { probeManifest } from './probe.js';
import { firstError, refusal, tooManyBatches } from './refusal.js';
import { firstErrors, tableResults, uploadResult } from './results.js';
import { advanceMarks } from './advance-marks.js';
import { confirmedIds, sendTables } from './send-tables.js';
import { showStates } from './show-states.js';

/**
 * One import, to its end at the server: probe the sources, create a batch, send the tables, read the batch back, complete it, wait.
 * A batch about which anything is uncertain is left uncompleted, so never applied, and a new one is begun.
 */
export async function runImport(job: ImportJob): Promise<UploadResult> {
  const state: ImportState = job.carried ?? {
    tables: job.manifest.map(() => ({ state: 'waiting' })),
    batches: 0,
    abandoned: [],
  };
  try {
    if (job.carried === undefined) state.tables = await probeManifest(job);
    showStates(job, state.tables);
    for (;;) {
      const comparing = await compareTables(job, state);
      const refused = comparing.done ? refusal(job, state) : undefined;
      if (refused !== undefined) throw await failed(job, state, refused);
      if (comparing.interrupted) return await job.continueWith(state);
      if (!state.tables.some((table) => table.state === 'waiting' || table.state === 'sent'))
        return await withoutBatch(job, state);
      const outcome = await oneBatch(job, state);
      if ('result' in outcome) return outcome.result;
      await giveUpBatch(job, state, outcome.tainted);
      if (state.batches >= MAX_BATCHES) throw await failed(job, state, tooManyBatches(outcome.tainted));
      // What was sent went into the batch that was given up; what failed for good would fail again.
      // What was compared is compared again: TitanRDM and the source have had time to change.
      state.tables = state.tables.map((table) =>
        table.state === 'sent' || table.state === 'waiting' ? { state: 'waiting' } : table,
      );
      job.progress.enter(`beginning batch ${state.batches + 1}`, outcome.tainted);
      showStates(job, state.tables);
      await sleep(secondsBeforeBatch(state.batches + 1) * 1_000);
    }
  } catch (error) {
    if (isCancellation(error)) {
      await CancellationScope.nonCancellable(() => giveUpBatch(job, state, 'the workflow was cancelled'));
      showStates(job, state.tables, 'not sent');
    } else if (error instanceof ActivityFailure) {
      throw await failed(job, state, errorInfoOf(error));
    }
    throw error;
  }
}

async function oneBatch(job: ImportJob, state: ImportState): Promise<{ result: UploadResult } | { tainted: string }> {
  const { progress, options } = job;
  const importId = state.importId ?? (await createBatch(job, state));
  progress.batch(importId);

  progress.enter('sending tables');
  const sending = await sendTables(job, state, importId);
  if (sending.tainted !== undefined) return { tainted: sending.tainted };
  const error = refusal(job, state);
  if (error !== undefined) throw await failed(job, state, error);
  if (sending.interrupted) return job.continueWith(state);
  if (confirmedIds(state).length === 0) {
    await giveUpBatch(job, state, 'nothing to send');
    return { result: await withoutBatch(job, state) };
  }

  progress.enter('checking the batch');
  const check = await call(`Read batch ${importId} back`).titanVerifyBatch({
    connection: options.connection,
    importId,
    importTableIds: confirmedIds(state),
  });
  if (check.verdict === 'tainted') return { tainted: check.reason ?? 'its tables are not those that were confirmed' };

  await completeBatch(job, state, importId, check.status);
  return { result: await awaitServer(job, state, importId) };
}

async function completeBatch(
  job: ImportJob,
  state: ImportState,
  importId: string,
  statusBefore: string,
): Promise<void> {
  const { connection, completionMessage: message } = job.options;
  job.progress.enter('completing');
  try {
    // From here on the batch is applied as a whole or not at all; a cancellation between the two calls would only hide which.
    await CancellationScope.nonCancellable(() =>
      call(`Complete batch ${importId}`).titanCompleteBatch({ connection, importId, statusBefore, message }),
    );
  } catch (error) {
    const info = errorInfoOf(error);
    throw await unsettled(
      job,
      state,
      info,
      `Batch ${importId} could not be completed, or its completion not be seen: ${info.message}`,
    );
  }
  delete state.importId;
}

async function createBatch(job: ImportJob, state: ImportState): Promise<string> {
  job.progress.enter('creating a batch');
  const { connection, description, correlationCode } = job.options;
  const created = await call('Create the batch').titanCreateBatch({
    connection,
    branchId: job.branchId,
    description,
    correlationCode,
  });
  state.batches += 1;
  state.importId = created.importId;
  return created.importId;
}

async function awaitServer(job: ImportJob, state: ImportState, importId: string): Promise<UploadResult> {
  const { progress, options, manifest } = job;
  progress.enter('waiting for TitanRDM');
  let processed;
  try {
    processed = await wait(`Wait for batch ${importId}`, options.poll.maxWaitSeconds).titanPollImport({
      connection: options.connection,
      importId,
      poll: options.poll,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const info = errorInfoOf(error);
    throw await unsettled(
      job,
      state,
      info,
      `Batch ${importId} was completed, but its end was not seen: ${info.message}`,
    );
  }
  const tables = tableResults(manifest, state.tables, processed);
  progress.together(() => {
    for (const table of tables) progress.ended(table.conventionKey, table.status, table);
  });
  const unmarked = await advanceMarks(job, state, tables);
  const result = await uploadResult(tables, processed, state.abandoned);
  if (unmarked !== undefined) {
    const message = `Batch ${importId} was processed, but a high watermark did not move: ${unmarked.message}`;
    throw failWith(unmarked, message, result);
  }
  const refused = firstErrors(tables) ?? importError(processed);
  if (refused !== undefined && (options.onTableError === 'fail' || result.totals.success === 0)) {
    throw failWith(refused, `Batch ${importId} was completed, but ${refused.message}`, result);
  }
  return result;
}

function importError(processed: {
  id: string;
  outcome: string;
  status: string;
  message: string | null;
}): ErrorInfo | undefined {
  if (processed.outcome === 'success') return undefined;
  const message = `TitanRDM ended import ${processed.id} as '${processed.status}': ${processed.message ?? 'it gave no reason'}`;
  return { code: 'TITAN_IMPORT_FAILED', message, retryable: false };
}

/** Nothing reached the server: all skipped, which is a success, or all failed, which is not. */
async function withoutBatch(job: ImportJob, state: ImportState): Promise<UploadResult> {
  const error = firstError(job, state);
  if (error !== undefined) throw await failed(job, state, error);
  return uploadResult(tableResults(job.manifest, state.tables), null, state.abandoned);
}

/** Gives the batch up, tells the server, and makes the failure that carries the whole list. */
async function failed(job: ImportJob, state: ImportState, error: ErrorInfo): Promise<Error> {
  await giveUpBatch(job, state, error.message);
  const tables = tableResults(job.manifest, state.tables, { completed: false, code: error.code });
  const result = await uploadResult(tables, null, state.abandoned);
  return failWith(error, `Nothing was applied. ${error.message}`, result);
}

/** After `complete` nothing is taken back: the server may have applied the batch, or may yet. */
async function unsettled(job: ImportJob, state: ImportState, error: ErrorInfo, message: string): Promise<Error> {
  const tables = tableResults(job.manifest, state.tables, { completed: true, code: error.code });
  const result = await uploadResult(tables, null, state.abandoned);
  return failWith(error, message, { ...result, summary: message });
}

async function giveUpBatch(job: ImportJob, state: ImportState, reason: string): Promise<void> {
  const { importId } = state;
  if (importId === undefined) return;
  delete state.importId;
  state.abandoned.push(importId);
  job.progress.enter(`giving up batch ${importId}`);
  job.progress.batch(undefined);
  const importTableIds = confirmedIds(state);
  if (importTableIds.length === 0) return;
  try {
    const { connection } = job.options;
    await lastWord(`Give up batch ${importId}`).titanAbandonBatch({ connection, importId, importTableIds, reason });
  } catch (error) {
    // The server was told as a courtesy; without it the batch stays uncompleted all the same.
    if (isCancellation(error)) throw error;
  }
}
