import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { Discovery } from '../contracts/activities.js';
import { counted, grouped } from '../contracts/readable.js';
import { titanConventionDownloadInputSchema, type TitanConventionDownloadInput } from '../contracts/titan-inputs.js';
import type { DownloadTableResult, TitanConventionDownloadResult } from '../contracts/titan-results.js';
import type { Opened } from '../contracts/watermark.js';
import { checkCarried } from './carried.js';
import { discover } from './discovery.js';
import type { ExportJob, ExportState } from './export/job.js';
import { exportResults, runExports } from './export/run-exports.js';
import { failWith } from './failures.js';
import { correlationCodes } from './import/job.js';
import { totalsOf } from './import/results.js';
import { parseInput } from './input.js';
import { listOrReference } from './listing.js';
import type { Progress } from './progress.js';
import { watched } from './watched.js';
import { marksOwner, openMarks, showMarks } from './watermark/table-marks.js';

interface Carried {
  version: 1;
  runId: string;
  discovery: Discovery;
  state: ExportState;
  /** What the pipeline held when the run began. */
  opened?: Opened;
}

/**
 * Receives every table of a domain into the store under its convention key: full exports replace the store's table, incremental ones
 * add a delta of this run. Without a `highWaterMark` each table goes on from its own, which the pipeline keeps.
 * @param input see {@link titanConventionDownloadInputSchema}
 */
export function titanConventionDownload(
  input: TitanConventionDownloadInput,
  carried?: Carried,
): Promise<TitanConventionDownloadResult> {
  return watched((progress) => run(input, progress, carried), input);
}

async function run(
  input: TitanConventionDownloadInput,
  progress: Progress,
  carried?: Carried,
): Promise<TitanConventionDownloadResult> {
  const parsed = parseInput('titanConventionDownload', titanConventionDownloadInputSchema, input);
  checkCarried(carried);
  progress.about(`Convention download of ${parsed.domain}`);
  const runId = carried?.runId ?? workflowInfo().runId;
  const discovery = carried?.discovery ?? (await discover(parsed));

  const state: ExportState = carried?.state ?? discovery.tables.map(() => null);
  const owner =
    parsed.pattern === 'incremental' && parsed.highWaterMark === undefined && parsed.pipeline !== undefined
      ? marksOwner(parsed.pipeline)
      : undefined;
  const keys = discovery.tables.map(({ conventionKey }) => conventionKey);
  const opened = owner && (carried?.opened ?? (await openMarks(owner, keys)));
  progress.together(() => {
    if (owner !== undefined && opened !== undefined) showMarks(progress, keys, owner, opened);
    for (const [index, target] of discovery.tables.entries())
      showCarried(progress, target.conventionKey, state[index] ?? null);
  });
  const { connection, store, pattern, includeHistory, onTableError, poll, concurrency, exportsInFlight } = parsed;
  const job: ExportJob = {
    branchId: discovery.branchId,
    targets: discovery.tables,
    connection,
    store,
    pattern,
    ...(parsed.highWaterMark === undefined ? {} : { highWaterMark: parsed.highWaterMark }),
    ...(owner === undefined || opened === undefined ? {} : { marks: { owner, opened, lagSeconds: parsed.lagSeconds } }),
    includeHistory,
    onTableError,
    poll,
    concurrency,
    exportsInFlight,
    correlationCodeOf: correlationCodes(parsed.correlationCode, runId).of,
    runId,
    progress,
  };

  progress.enter('receiving tables');
  const { interrupted } = await runExports(job, state);
  if (interrupted) {
    const next: Carried = { version: 1, runId, discovery, state, ...(opened === undefined ? {} : { opened }) };
    await continueAsNew<typeof titanConventionDownload>(input, next);
  }
  return conclude(job, parsed.domain, exportResults(job, state));
}

async function conclude(
  job: ExportJob,
  domain: string,
  tables: DownloadTableResult[],
): Promise<TitanConventionDownloadResult> {
  const totals = totalsOf(tables);
  const list = await listOrReference('tables', tables);
  const result: TitanConventionDownloadResult = {
    summary: `${grouped(totals.success)} of ${counted(totals.tables, 'table')} of ${domain} received, ${counted(totals.rows, 'row')}.`,
    domain,
    totals,
    tables: list.inline,
    ...(list.reference === undefined ? {} : { tablesReference: list.reference }),
  };
  const [firstFailed] = tables.flatMap((table) => (table.error === undefined ? [] : [{ table, error: table.error }]));
  if (firstFailed !== undefined && (job.onTableError === 'fail' || totals.success === 0)) {
    throw failWith(firstFailed.error, `Table ${firstFailed.table.conventionKey}: ${firstFailed.error.message}`, result);
  }
  return result;
}

function showCarried(progress: Progress, name: string, result: DownloadTableResult | null): void {
  if (result === null) progress.table(name, 'waiting');
  else progress.ended(name, result.status, result);
  if (result?.watermark !== undefined) progress.mark(name, result.watermark.to);
}
