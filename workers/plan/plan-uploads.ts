import { compareForPlan, refuseManyDeletes } from '../../connectors/titanrdm/compare/index.js';
import type { TableTarget } from '../../contracts/activities.js';
import type { TableReference } from '../../contracts/table-reference.js';
import type { MaxDeletes, Poll, UploadPattern } from '../../contracts/titan-common.js';
import { openHeldTable } from '../../activities/titanrdm/held-table.js';
import { openSource } from '../../activities/titanrdm/open-source.js';
import { discoverDomain, listDomains, resolveTables } from '../../activities/titanrdm/discover.js';
import { named } from '../../activities/registry.js';
import { ResultsFolder } from '../../activities/index.js';
import { errorInfo, inLanes } from './lanes.js';
import type { PlannedUpload, PlanOptions, TitanPipeline, TitanPlan } from './titan-plan.js';

/** Changes of each kind that a sample holds. */
const SAMPLED = 20;
/** Tables that are looked at at the same time. */
const TABLES_AT_A_TIME = 4;

/** One table that a run would send, and how. */
interface Upload {
  branchId: string;
  target: TableTarget;
  source: TableReference;
  pattern: UploadPattern;
  mappingKey?: string | undefined;
  onEmpty: 'skip' | 'send';
}

interface Common {
  connection: string;
  maxDeletes?: MaxDeletes | undefined;
  poll: Poll;
}

export async function planUploads(pipeline: TitanPipeline, options: PlanOptions): Promise<TitanPlan> {
  const { input } = pipeline;
  const uploads = await uploadsOf(pipeline, options);
  const plan: TitanPlan = { direction: 'upload', uploads: [], downloads: [], exports: 0 };
  const common: Common = { connection: input.connection, poll: input.poll, maxDeletes: maxDeletesOf(pipeline) };
  const run = new Date().toISOString().replaceAll(':', '-');
  plan.uploads = await inLanes(uploads, TABLES_AT_A_TIME, (upload) =>
    planUpload(upload, common, options, { run, onExport: () => (plan.exports += 1) }),
  );
  return plan;
}

function maxDeletesOf({ input }: TitanPipeline): MaxDeletes | undefined {
  return 'maxDeletes' in input ? input.maxDeletes : undefined;
}

/** The tables of a run, as its workflow would find them. */
async function uploadsOf(pipeline: TitanPipeline, { connections, signal }: PlanOptions): Promise<Upload[]> {
  const { client } = named('connection of type titanrdm', connections.titanrdm, pipeline.input.connection);
  if (pipeline.workflow === 'titanImportBatch') {
    const { input } = pipeline;
    const targets = { branch: input.branch, tables: input.tables.map(({ target }) => target) };
    const { branchId, tables } = await resolveTables(client, targets, signal);
    return tables.flatMap((target, index): Upload[] => {
      const table = input.tables[index];
      if (table === undefined) return [];
      const { source, mappingKey, pattern = input.pattern, onEmpty = input.onEmpty } = table;
      return [{ branchId, target, source, pattern, mappingKey, onEmpty }];
    });
  }
  if (pipeline.workflow === 'titanConventionDownload') return [];
  const { input } = pipeline;
  if ('direction' in input && input.direction === 'download') return [];
  const names =
    'direction' in input ? (await listDomains(client, input, signal)).map(({ name }) => name) : [input.domain];
  const patterns = 'patterns' in input ? input.patterns : undefined;
  const uploads: Upload[] = [];
  for (const domain of names) {
    const only = 'tables' in input ? input.tables : undefined;
    const { branchId, tables } = await discoverDomain(client, { branch: input.branch, domain, tables: only }, signal);
    for (const target of tables) {
      const source = { connection: input.store, table: target.conventionKey };
      const pattern = patterns?.[target.table] ?? patterns?.[target.name] ?? input.pattern;
      uploads.push({ branchId, target, source, pattern, onEmpty: input.onEmpty });
    }
  }
  return uploads;
}

async function planUpload(
  upload: Upload,
  common: Common,
  { name, connections, results, signal }: PlanOptions,
  { run, onExport }: { run: string; onExport: () => void },
): Promise<PlannedUpload> {
  const { target, pattern, branchId, mappingKey } = upload;
  const { domain, table, conventionKey } = target;
  const planned: PlannedUpload = { domain, table, conventionKey, pattern, outcome: 'send', rows: 0 };
  try {
    const wanted = { connection: common.connection, branchId, target, source: upload.source, pattern, validate: true };
    const mapping = mappingKey === undefined ? {} : { mappingKey };
    const source = await openSource(connections, { ...wanted, ...mapping }, signal);
    if (source === undefined) return { ...planned, outcome: 'skipped (no source data)' };
    try {
      planned.rows = source.prepared.rows;
      if (planned.rows === 0 && upload.onEmpty === 'skip') return { ...planned, outcome: 'skipped (empty)' };
      const asked = {
        ...{ branchId, tableKey: target.key, poll: common.poll, earlier: [], onExport },
        correlationCode: `tidemark-plan:${name}:${table}`.slice(0, 255),
      };
      const held = () => openHeldTable(source.client, asked, signal);
      const { columns } = source;
      const shape = { table: conventionKey, columns, mapping: source.mapping, pattern, held, signal };
      const { difference, sample } = await compareForPlan(source.prepared, shape, SAMPLED);
      planned.difference = difference;
      if (sample.length === 0) return { ...planned, outcome: pattern === 'auto' ? 'unchanged' : 'send' };
      const part = { workflowId: `plan-${name}`, runId: run, name: conventionKey, part: 1 };
      const folder = new ResultsFolder(results);
      await folder.write(part, sample);
      planned.sample = folder.pathOf(part);
      refuseManyDeletes(conventionKey, difference, common.maxDeletes);
      return planned;
    } finally {
      await source.prepared.dispose();
    }
  } catch (error) {
    signal.throwIfAborted();
    return { ...planned, outcome: 'error', error: errorInfo(error) };
  }
}
