import { isCancellation, workflowInfo } from '@temporalio/workflow';
import type { ComparisonOptions } from '../../contracts/activities.js';
import { cutText } from '../../contracts/errors.js';
import { forEachBounded } from '../bounded.js';
import { errorInfoOf } from '../failures.js';
import { transfer } from '../steps.js';
import type { ImportJob, ImportOptions, ImportState, ManifestEntry, TableState } from './job.js';
import { skipped } from './results.js';

/** Errors are carried from run to run: a list of them must stay small. */
const MAX_CARRIED_TEXT = 500;

/**
 * Compares the tables of pattern `auto` with what TitanRDM holds, before a batch is begun: what has not changed needs none. `done`: there was
 * something to compare; `interrupted`: the history has grown long, tables still wait for it.
 */
export async function compareTables(
  job: ImportJob,
  state: ImportState,
): Promise<{ done: boolean; interrupted: boolean }> {
  const { manifest, options, progress } = job;
  const waits = (index: number): boolean => {
    const table = state.tables[index];
    return manifest[index]?.pattern === 'auto' && table?.state === 'waiting' && table.exportId === undefined;
  };
  const waiting = [...manifest.keys()].filter(waits);
  if (waiting.length === 0) return { done: false, interrupted: false };
  progress.enter('comparing with TitanRDM');
  const mayStart = (): boolean =>
    !(options.onTableError === 'fail' && state.tables.some((table) => table.state === 'failed')) &&
    !state.tables.some(exceedsDeletes) &&
    !workflowInfo().continueAsNewSuggested;
  await forEachBounded(waiting, options.concurrency, (index) => compareOne(job, state, index), mayStart);
  return { done: true, interrupted: waiting.some(waits) };
}

async function compareOne(job: ImportJob, state: ImportState, index: number): Promise<void> {
  const { manifest, options, progress, branchId } = job;
  const entry = manifest[index];
  if (entry === undefined) return;
  const { target, source, mappingKey, correlationCode, onEmpty } = entry;
  const name = target.conventionKey;
  const began = Date.now();
  progress.table(name, 'comparing');
  try {
    const compared = await transfer(`Compare ${name}`).titanCompareTable({
      ...{ connection: options.connection, branchId, target, source, correlationCode, onEmpty },
      ...(mappingKey === undefined ? {} : { mappingKey }),
      compare: comparison(options),
    });
    if (compared.outcome === 'changed') {
      state.tables[index] = { state: 'waiting', exportId: compared.exportId };
      progress.table(name, 'waiting');
    } else {
      const difference = 'difference' in compared ? compared.difference : undefined;
      state.tables[index] = { state: 'ended', result: skipped(entry, compared.outcome, difference) };
      progress.ended(name, compared.outcome);
    }
  } catch (error) {
    if (isCancellation(error)) throw error;
    const info = errorInfoOf(error);
    const durationSeconds = (Date.now() - began) / 1_000;
    const short = { ...info, message: cutText(info.message, MAX_CARRIED_TEXT) };
    state.tables[index] = { state: 'failed', error: short, durationSeconds };
    progress.ended(name, `error: ${info.message}`);
  }
}

/** What sending a table has to look at in TitanRDM first; nothing where neither its pattern nor a limit asks for it. */
export function comparisonFor(
  options: ImportOptions,
  { pattern }: ManifestEntry,
  table: TableState | undefined,
): { compare?: ComparisonOptions } {
  if (pattern === 'auto') {
    const exportId = table?.state === 'waiting' ? table.exportId : undefined;
    return { compare: { ...comparison(options), ...(exportId === undefined ? {} : { exportId }) } };
  }
  const removes = pattern === 'full' || pattern === 'incremental_with_delete';
  return options.maxDeletes !== undefined && removes ? { compare: comparison(options) } : {};
}

function comparison({ poll, maxDeletes }: ImportOptions): ComparisonOptions {
  return { poll, ...(maxDeletes === undefined ? {} : { maxDeletes }) };
}

/** Whether the table would remove more records than the run may: no other table is sent then. */
export function exceedsDeletes(table: TableState): boolean {
  return table.state === 'failed' && table.error.code === 'TOO_MANY_DELETES';
}
