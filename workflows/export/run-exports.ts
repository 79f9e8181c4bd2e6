import { workflowInfo } from '@temporalio/workflow';
import type { TableTarget } from '../../contracts/activities.js';
import { cutText } from '../../contracts/errors.js';
import type { DownloadTableResult } from '../../contracts/titan-results.js';
import { forEachBounded, Gate } from '../bounded.js';
import { errorInfoOf } from '../failures.js';
import { advanceTable, markOf } from '../watermark/table-marks.js';
import type { ExportJob, ExportState } from './job.js';
import { createExport, planOf, receiveExport, unmarked, unmoved, type CreatedExport } from './one-export.js';

/** Errors are carried from run to run: a list of them must stay small. */
const MAX_CARRIED_TEXT = 500;

/**
 * Exports and receives each table that has no result yet; many exports are under way at the server while few tables are received.
 * @returns whether tables are left because the history has grown long
 */
export async function runExports(job: ExportJob, state: ExportState): Promise<{ interrupted: boolean }> {
  const receiving = new Gate(job.concurrency);
  const left = (): number[] => state.flatMap((result, index) => (result === null ? [index] : []));
  let failed = state.some((result) => result?.error !== undefined);
  const stopOnError = job.onTableError === 'fail';
  await forEachBounded(
    left(),
    job.exportsInFlight,
    async (index) => {
      const target = job.targets[index];
      if (target === undefined) return;
      const result = await exportOne(job, target, receiving);
      state[index] = result;
      if (result.error !== undefined) failed = true;
    },
    () => !(failed && stopOnError) && !workflowInfo().continueAsNewSuggested,
  );
  return { interrupted: left().length > 0 && !(failed && stopOnError) };
}

async function exportOne(job: ExportJob, target: TableTarget, receiving: Gate): Promise<DownloadTableResult> {
  const { progress } = job;
  const name = target.conventionKey;
  const began = Date.now();
  const mark = job.marks && markOf(job.marks.opened, name, job.marks.owner.run);
  const plan = planOf(job, mark);
  let created: CreatedExport | undefined;
  const soFar = (): Omit<DownloadTableResult, 'rows' | 'status'> => ({
    ...baseOf(target, job),
    pattern: created?.pattern ?? plan.pattern,
    durationSeconds: (Date.now() - began) / 1_000,
    ...(created === undefined ? {} : { export: { id: created.exportId, correlationCode: created.correlationCode } }),
    ...(mark === undefined ? {} : { watermark: unmoved(mark) }),
  });
  try {
    progress.table(name, 'requesting');
    created = await createExport(job, target, plan);
    const received = await receiveExport(job, target, created, receiving);
    const { rows, bytes, reference, lastChange, nextMark } = received;
    // The rows are safe: whatever becomes of the other tables, this one goes on from here.
    const moved =
      job.marks && mark && typeof nextMark === 'string'
        ? await advanceTable(job.marks.owner, name, mark, nextMark)
        : undefined;
    const warnings = [...(received.warnings ?? []), ...created.warnings, ...unmarked(job, nextMark)];
    progress.together(() => {
      if (moved !== undefined) progress.mark(name, moved.to);
      progress.ended(name, 'success', { rows, bytes });
    });
    return {
      ...soFar(),
      rows,
      bytes,
      reference,
      lastChange,
      status: 'success',
      ...(moved === undefined ? {} : { watermark: moved }),
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  } catch (error) {
    const info = errorInfoOf(error);
    const short = { ...info, message: cutText(info.message, MAX_CARRIED_TEXT) };
    progress.ended(name, `error: ${short.message}`);
    return { ...soFar(), rows: 0, status: `error: ${short.message}`, error: short };
  }
}

function baseOf(target: TableTarget, job: ExportJob): Omit<DownloadTableResult, 'rows' | 'status'> {
  const { domain, table, key, conventionKey } = target;
  return { domain, table, tableKey: key, conventionKey, pattern: job.pattern };
}

/** A result for every table: those never begun say why. */
export function exportResults(job: ExportJob, state: ExportState): DownloadTableResult[] {
  const reason = 'not received: another table failed';
  return job.targets.map(
    (target, index) =>
      state[index] ?? {
        ...baseOf(target, job),
        rows: 0,
        status: `error: ${reason}`,
        error: { code: 'TITAN_NOT_RECEIVED', message: reason, retryable: true },
      },
  );
}
