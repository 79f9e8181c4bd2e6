import { discoverDomain, listDomains } from '../../activities/titanrdm/discover.js';
import { createExport, waitForExport } from '../../activities/titanrdm/exports.js';
import { named } from '../../activities/registry.js';
import type { TableTarget } from '../../contracts/activities.js';
import { errorInfo, inLanes } from './lanes.js';
import type { PlannedDownload, PlanOptions, TitanPipeline, TitanPlan } from './titan-plan.js';

/** Exports under way at the same time. */
const EXPORTS_AT_A_TIME = 8;

/** The tables that a run would receive, with their number of rows: each is exported, none is fetched. */
export async function planDownloads(
  pipeline: TitanPipeline,
  { name, connections, signal }: PlanOptions,
): Promise<TitanPlan> {
  const plan: TitanPlan = { direction: 'download', uploads: [], downloads: [], exports: 0 };
  if (pipeline.workflow === 'titanImportBatch' || pipeline.workflow === 'titanConventionUpload') return plan;
  const { input } = pipeline;
  if ('direction' in input && input.direction === 'upload') return plan;
  const { client } = named('connection of type titanrdm', connections.titanrdm, input.connection);
  const store = named('store', connections.stores, input.store);
  const names =
    'direction' in input
      ? (await listDomains(client, input, signal)).map(({ name: domain }) => domain)
      : [input.domain];
  const wanted: { branchId: string; target: TableTarget }[] = [];
  for (const domain of names) {
    const tables = 'tables' in input ? input.tables : undefined;
    const found = await discoverDomain(client, { branch: input.branch, domain, tables }, signal);
    wanted.push(...found.tables.map((target) => ({ branchId: found.branchId, target })));
  }
  const { pattern, includeHistory, highWaterMark, poll } = input;
  plan.downloads = await inLanes(wanted, EXPORTS_AT_A_TIME, async ({ branchId, target }): Promise<PlannedDownload> => {
    const { domain, table, conventionKey, key: tableKey } = target;
    const planned: PlannedDownload = { domain, table, conventionKey, pattern, outcome: 'receive', rows: null };
    try {
      planned.present = await store.probe(conventionKey, { signal });
      // Whence an incremental run would start is known by the run alone.
      if (pattern === 'incremental' && highWaterMark === undefined) return planned;
      const correlationCode = `tidemark-plan:${name}:${table}`.slice(0, 255);
      const mark = highWaterMark === undefined ? {} : { highWaterMark };
      const asked = { branchId, tableKey, pattern, includeHistory, correlationCode, ...mark };
      const { exportId } = await createExport(client, asked, signal);
      plan.exports += 1;
      return { ...planned, rows: (await waitForExport(client, exportId, { poll, signal })).rows };
    } catch (error) {
      signal.throwIfAborted();
      return { ...planned, outcome: 'error', error: errorInfo(error) };
    }
  });
  return plan;
}
