import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import { cutText } from '../../contracts/errors.js';
import { forEachBounded } from '../bounded.js';
import { errorInfoOf } from '../failures.js';
import { transfer } from '../steps.js';
import { comparisonFor, exceedsDeletes } from './compare-tables.js';
import type { ImportJob, ImportState } from './job.js';
import { skipped } from './results.js';

/** Errors are carried from run to run: a list of them must stay small. */
const MAX_CARRIED_TEXT = 500;

/**
 * Sends what still waits, bounded, in the order of the manifest. `tainted`: the batch can't be completed any more;
 * `interrupted`: the history has grown long, tables still wait.
 */
export async function sendTables(
  job: ImportJob,
  state: ImportState,
  importId: string,
): Promise<{ tainted?: string; interrupted: boolean }> {
  const { options, manifest } = job;
  let tainted: string | undefined;
  let failed = state.tables.some((table) => table.state === 'failed');
  const mayStart = (): boolean =>
    tainted === undefined &&
    !(failed && options.onTableError === 'fail') &&
    !state.tables.some(exceedsDeletes) &&
    !workflowInfo().continueAsNewSuggested;
  const waiting = state.tables.flatMap((table, index) => (table.state === 'waiting' ? [index] : []));

  // A scope of its own: when the batch is lost, uploads into it are stopped, and nothing else is.
  const scope = new CancellationScope();
  await scope.run(() =>
    forEachBounded(
      waiting,
      options.concurrency,
      async (index) => {
        try {
          await sendOne(job, state, importId, index);
        } catch (error) {
          if (isCancellation(error)) {
            if (tainted !== undefined) return;
            throw error;
          }
          const info = errorInfoOf(error);
          if (info.code !== 'TITAN_BATCH_TAINTED') throw error;
          tainted ??= info.message;
          scope.cancel();
        }
        if (state.tables[index]?.state === 'failed') failed = true;
      },
      mayStart,
    ),
  );
  const left = waiting.some((index) => state.tables[index]?.state === 'waiting');
  if (tainted !== undefined) return { tainted, interrupted: false };
  for (const [index, table] of state.tables.entries()) {
    if (table.state === 'waiting') job.progress.table(nameOf(manifest, index), 'not sent');
  }
  return { interrupted: left };
}

async function sendOne(job: ImportJob, state: ImportState, importId: string, index: number): Promise<void> {
  const { options, manifest, progress, branchId } = job;
  const entry = manifest[index];
  if (entry === undefined) return;
  const name = entry.target.conventionKey;
  const began = Date.now();
  const seconds = (): number => (Date.now() - began) / 1_000;
  progress.table(name, 'sending');
  try {
    const sent = await transfer(`Send ${name}`).titanSendTable({
      connection: options.connection,
      branchId,
      importId,
      target: entry.target,
      source: entry.source,
      pattern: entry.pattern,
      ...(entry.mappingKey === undefined ? {} : { mappingKey: entry.mappingKey }),
      correlationCode: entry.correlationCode,
      onEmpty: entry.onEmpty,
      validate: options.validate,
      ...(entry.changes === undefined ? {} : { changes: entry.changes }),
      ...comparisonFor(options, entry, state.tables[index]),
    });
    if (sent.outcome === 'sent') {
      state.tables[index] = { state: 'sent', sent, durationSeconds: seconds() };
      progress.table(name, 'sent', { rows: sent.rows, bytes: sent.bytes });
    } else {
      state.tables[index] = { state: 'ended', result: skipped(entry, sent.outcome, sent.difference) };
      progress.ended(name, sent.outcome);
    }
  } catch (error) {
    const info = errorInfoOf(error);
    if (info.code === 'TITAN_BATCH_TAINTED') throw error;
    state.tables[index] = {
      state: 'failed',
      error: { ...info, message: cutText(info.message, MAX_CARRIED_TEXT) },
      durationSeconds: seconds(),
    };
    progress.ended(name, `error: ${info.message}`);
  }
}

/** Ids of the import tables that the server has confirmed. */
export function confirmedIds(state: ImportState): string[] {
  return state.tables.flatMap((table) => (table.state === 'sent' ? table.sent.importTables.map(({ id }) => id) : []));
}

function nameOf(manifest: ImportJob['manifest'], index: number): string {
  return manifest[index]?.target.conventionKey ?? '';
}
