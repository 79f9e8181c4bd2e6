import type { titanConventionDownload, titanConventionUpload } from '../../workflows/index.js';
import { commonNotes, peerRoundsOf, type Benchmark, type BenchmarkOptions } from '../benchmark.js';
import { DOMAIN, smallTable } from '../data/definitions.js';
import { manyTables, type DataFolder } from '../data/files.js';
import type { CaseResult } from '../report.js';
import { caseResult, medianOf, orchestration, takeTurns, type Amount } from '../rounds.js';
import { runWorkflow } from '../run-workflow.js';
import { BRANCH_SELECTOR, RECEIVED, SOURCE, startSurroundings, TENANT, type Surroundings } from '../surroundings.js';
import { peerJob, POLL_SECONDS, requirePeer } from './peer-job.js';

const USUAL_ROWS_PER_TABLE = 1_000;
const LATENCY_MS = 50;
const EXPORT_DELAY_MS = 3_000;

/** Convention sync of a domain of many small tables, both ways, against a server that takes its time. */
export const domainBenchmark: Benchmark = {
  name: 'domain',
  about: '50 tables of 1,000 rows by convention sync, up and down, 50 ms a call, exports ready after 3 s',
  cases: ['up', 'down'],
  defaultRows: 50_000,
  notes: (options) => [
    ...commonNotes(options),
    `Every API call takes ${LATENCY_MS} ms more, an export is ready after ${EXPORT_DELAY_MS / 1_000} s, both ask for it every ${POLL_SECONDS} s.`,
    'up ends with the reply of complete, down with the last table in its place.',
    'The limit knows nothing of calls or waits: it moves the bytes.',
    ...(options.peer !== undefined && peerRoundsOf(options, 1) < options.rounds
      ? [`The peer took ${peerRoundsOf(options, 1)} round of down (it needs minutes); --peer-rounds asks for more.`]
      : []),
  ],
  run,
};

const COMMON = {
  connection: TENANT,
  branch: BRANCH_SELECTOR,
  domain: DOMAIN.name,
  poll: { intervalSeconds: POLL_SECONDS },
};
const UPLOAD = { ...COMMON, store: SOURCE };
const DOWNLOAD = { ...COMMON, store: RECEIVED };

async function run(options: BenchmarkOptions): Promise<CaseResult[]> {
  const { workFolder, workerOptions } = options;
  const tables = options.tables ?? Math.max(1, Math.round(options.rows / USUAL_ROWS_PER_TABLE));
  const rowsPerTable = Math.max(1, Math.round(options.rows / tables));
  const data = await manyTables(options.dataFolder, tables, rowsPerTable);
  const names = data.files.map((_, index) => smallTable(index));
  const around = await startSurroundings({
    workFolder,
    workerOptions,
    tables: names,
    sourceFolder: data.folder,
    latencyMs: LATENCY_MS,
    exportDelayMs: EXPORT_DELAY_MS,
  });
  try {
    const amount = { tables, rows: tables * rowsPerTable, bytes: data.bytes };
    const results: CaseResult[] = [];
    if (options.cases.includes('up')) results.push(await up(options, around, data, amount));
    if (options.cases.includes('down')) {
      // What is exported must have arrived.
      if (results.length === 0)
        await runWorkflow<typeof titanConventionUpload>(around, 'titanConventionUpload', UPLOAD);
      results.push(await down(options, around, names, amount));
    }
    return results;
  } finally {
    await around.stop();
  }
}

async function up(
  options: BenchmarkOptions,
  around: Surroundings,
  data: DataFolder,
  amount: Amount,
): Promise<CaseResult> {
  const { rounds, peer, say } = options;
  const { rows } = amount;
  const samples = await takeTurns(
    {
      tidemark: async () => {
        const run = await runWorkflow<typeof titanConventionUpload>(around, 'titanConventionUpload', UPLOAD);
        sameRows(run.result.totals.rows, rows);
        return {
          seconds: run.secondsTo('titanCompleteBatch'),
          wholeSeconds: run.seconds,
          processingSeconds: run.result.batch?.durationSeconds ?? 0,
          peakRssMegabytes: await around.workerPeakRssMegabytes(),
        };
      },
      peer: async () => {
        const files = data.files.map(({ table, path }) => ({ table, path }));
        const sample = await requirePeer(peer).titan({ ...peerJob('up', around), files });
        sameRows(sample.rows, rows);
        await around.sandboxIdle();
        return sample;
      },
      limit: () =>
        around.limit((program) =>
          program.call('put', {
            tenant: around.tenant,
            files: data.files.map((file, index) => ({ ...file, table: smallTable(index) })),
          }),
        ),
      bare: async () => {
        const sample = await around.bare((program) => program.call('upload', UPLOAD));
        await around.sandboxIdle();
        return sample;
      },
    },
    { rounds, peerRounds: peerRoundsOf(options, rounds) },
    (line) => say(`up, ${line}`),
  );
  const peerReadSeconds = medianOf(samples.peer, (sample) => sample.readSeconds);
  return {
    ...caseResult('up', amount, samples),
    ...orchestration(amount, samples),
    wholeWorkflowSeconds: medianOf(samples.tidemark, (sample) => sample.wholeSeconds) ?? 0,
    sandboxProcessingSeconds: medianOf(samples.tidemark, (sample) => sample.processingSeconds) ?? 0,
    ...(peerReadSeconds === undefined ? {} : { peerReadSeconds }),
  };
}

async function down(
  options: BenchmarkOptions,
  around: Surroundings,
  names: string[],
  amount: Amount,
): Promise<CaseResult> {
  const { rounds, peer, say } = options;
  const { rows } = amount;
  const samples = await takeTurns(
    {
      tidemark: async () => {
        const run = await runWorkflow<typeof titanConventionDownload>(around, 'titanConventionDownload', DOWNLOAD);
        sameRows(run.result.totals.rows, rows);
        return {
          seconds: run.seconds,
          bytes: run.result.totals.bytes,
          peakRssMegabytes: await around.workerPeakRssMegabytes(),
        };
      },
      peer: async () => {
        const sample = await requirePeer(peer).titan(peerJob('down', around));
        sameRows(sample.rows, rows);
        return sample;
      },
      limit: () => around.limit((program) => program.call('get', { tenant: around.tenant, tables: names })),
      bare: () => around.bare((program) => program.call('download', DOWNLOAD)),
    },
    // The peer takes the tables one after the other and waits for each: minutes.
    { rounds, peerRounds: peerRoundsOf(options, 1) },
    (line) => say(`down, ${line}`),
  );
  const moved = { ...amount, bytes: samples.tidemark[0]?.bytes ?? 0 };
  return { ...caseResult('down', moved, samples), ...orchestration(moved, samples) };
}

function sameRows(moved: number, expected: number): void {
  if (moved !== expected) throw new Error(`${moved} rows were moved, not ${expected}`);
}
