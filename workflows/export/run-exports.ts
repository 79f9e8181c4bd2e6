import { workflowInfo } from '@temporalio/workflow';
import type { TableTarget } from '../../contracts/activities.js';
import { cutText } from '../../contracts/errors.js';
import type { DownloadTableResult } from '../../contracts/titan-results.js';
import { forEachBounded, Gate } from '../bounded.js';
import { errorInfoOf } from '../failures.js';
import { call, transfer, wait } from '../steps.js';
import type { ExportJob, ExportState } from './job.js';

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
  const { connection, branchId, pattern, includeHistory, poll, store, progress } = job;
  const name = target.conventionKey;
  const correlationCode = job.correlationCodeOf(target.table);
  const began = Date.now();
  let exportId: string | undefined;
  const soFar = (): Omit<DownloadTableResult, 'rows' | 'status'> => ({
    ...baseOf(target, job),
    durationSeconds: (Date.now() - began) / 1_000,
    ...(exportId === undefined ? {} : { export: { id: exportId, correlationCode } }),
  });
  try {
    progress.table(name, 'requesting');
    ({ exportId } = await call(`Export ${name}`).titanCreateExport({
      connection,
      branchId,
      tableKey: target.key,
      pattern,
      includeHistory,
      correlationCode,
      ...(job.highWaterMark === undefined ? {} : { highWaterMark: job.highWaterMark }),
    }));
    progress.table(name, 'waiting for TitanRDM');
    const ready = await wait(`Wait for ${name}`, poll.maxWaitSeconds).titanPollExport({ connection, exportId, poll });
    const id = exportId;
    const received = await receiving.run(() => {
      progress.table(name, 'receiving');
      return transfer(`Receive ${name}`).titanReceiveTable({
        connection,
        branchId,
        exportId: id,
        tableKey: target.key,
        store,
        table: name,
        mode: pattern === 'full' ? 'replace' : 'delta',
        deltaName: job.runId,
        ...(includeHistory ? { history: true } : {}),
        expectedRows: ready.rows,
      });
    });
    const { rows, bytes, reference, lastChange, warnings } = received;
    progress.ended(name, 'success', { rows, bytes });
    return {
      ...soFar(),
      rows,
      bytes,
      reference,
      lastChange,
      status: 'success',
      ...(warnings === undefined ? {} : { warnings }),
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
