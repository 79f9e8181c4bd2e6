import type { TableTarget, TitanRdmActivities } from '../../contracts/activities.js';
import type { ExportPattern } from '../../contracts/titan-common.js';
import type { TableWatermark } from '../../contracts/titan-results.js';
import type { Gate } from '../bounded.js';
import { errorInfoOf } from '../failures.js';
import { call, transfer, wait } from '../steps.js';
import type { TableMark } from '../watermark/table-marks.js';
import type { ExportJob } from './job.js';

/** What is asked of the server. */
export interface ExportPlan {
  pattern: ExportPattern;
  highWaterMark?: string;
  /** The mark is the table's own: where the tenant refuses incremental exports, a full one does as well. */
  mayBeFull: boolean;
}

export interface CreatedExport {
  exportId: string;
  correlationCode: string;
  pattern: ExportPattern;
  /** The mark that it begins behind. */
  since: string | null;
  askedAt: string | null;
  warnings: string[];
}

/** A table without a mark is exported whole. */
export function planOf(job: ExportJob, mark: TableMark | undefined): ExportPlan {
  if (mark === undefined) {
    const { pattern, highWaterMark } = job;
    return { pattern, mayBeFull: false, ...(highWaterMark === undefined ? {} : { highWaterMark }) };
  }
  if (mark.from === null) return { pattern: 'full', mayBeFull: true };
  // One that is no text is no instant: the server's client refuses it and shows it.
  const highWaterMark = typeof mark.from === 'string' ? mark.from : JSON.stringify(mark.from);
  return { pattern: 'incremental', highWaterMark, mayBeFull: true };
}

export async function createExport(job: ExportJob, target: TableTarget, plan: ExportPlan): Promise<CreatedExport> {
  const { connection, branchId, includeHistory } = job;
  const correlationCode = job.correlationCodeOf(target.table);
  const create = async ({ pattern, highWaterMark }: Omit<ExportPlan, 'mayBeFull'>): Promise<CreatedExport> => {
    const { exportId, askedAt = null } = await call(`Export ${target.conventionKey}`).titanCreateExport({
      connection,
      branchId,
      tableKey: target.key,
      pattern,
      includeHistory,
      correlationCode,
      ...(highWaterMark === undefined ? {} : { highWaterMark }),
    });
    return { exportId, correlationCode, pattern, since: highWaterMark ?? null, askedAt, warnings: [] };
  };
  const { mayBeFull, ...asked } = plan;
  try {
    return await create(asked);
  } catch (error) {
    const isRefused = mayBeFull && plan.pattern === 'incremental' && errorInfoOf(error).code === REFUSED;
    if (!isRefused) throw error;
    return { ...(await create({ pattern: 'full' })), since: plan.highWaterMark ?? null, warnings: [FULL_INSTEAD] };
  }
}

const REFUSED = 'TITAN_INCREMENTAL_REFUSED';
const FULL_INSTEAD = 'This tenant refuses incremental exports: the whole table was exported instead.';

/** Waits until the server has made the export, and receives it. */
export async function receiveExport(
  job: ExportJob,
  target: TableTarget,
  created: CreatedExport,
  receiving: Gate,
): ReturnType<TitanRdmActivities['titanReceiveTable']> {
  const { connection, branchId, poll, store, progress, marks, includeHistory } = job;
  const { exportId, pattern, since, askedAt } = created;
  const name = target.conventionKey;
  progress.table(name, 'waiting for TitanRDM');
  const ready = await wait(`Wait for ${name}`, poll.maxWaitSeconds).titanPollExport({ connection, exportId, poll });
  return receiving.run(() => {
    progress.table(name, 'receiving');
    return transfer(`Receive ${name}`).titanReceiveTable({
      connection,
      branchId,
      exportId,
      tableKey: target.key,
      store,
      table: name,
      mode: pattern === 'full' ? 'replace' : 'delta',
      deltaName: job.runId,
      ...(includeHistory ? { history: true } : {}),
      expectedRows: ready.rows,
      ...(marks === undefined
        ? {}
        : { mark: { since, startedAt: ready.startedAt ?? askedAt, lagSeconds: marks.lagSeconds } }),
    });
  });
}

export function unmoved({ from, note }: TableMark): TableWatermark {
  return { from, to: from, ...(note === undefined ? {} : { note }) };
}

/** Without a mark the next run exports the whole table again: nobody should have to wonder why. */
export function unmarked({ marks }: Pick<ExportJob, 'marks'>, nextMark: string | null | undefined): string[] {
  if (marks === undefined || typeof nextMark === 'string') return [];
  return ['No mark could be found: neither a change time in its rows nor the time of the export was understood.'];
}
