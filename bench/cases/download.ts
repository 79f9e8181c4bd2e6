import type { titanConventionDownload, titanConventionUpload } from '../../workflows/index.js';
import { commonNotes, peerRoundsOf, type Benchmark, type BenchmarkOptions } from '../benchmark.js';
import { DOMAIN, LARGE_TABLE } from '../data/definitions.js';
import { oneTable } from '../data/files.js';
import type { CaseResult } from '../report.js';
import { caseResult, medianOf, orchestration, takeTurns } from '../rounds.js';
import { runWorkflow } from '../run-workflow.js';
import { BRANCH_SELECTOR, RECEIVED, startSurroundings, TENANT, type Surroundings } from '../surroundings.js';
import { peerJob, POLL_SECONDS, requirePeer } from './peer-job.js';
import { LARGE_UPLOAD } from './upload.js';

/** One large table out of TitanRDM into a folder, the wait for the export included. */
export const downloadBenchmark: Benchmark = {
  name: 'download',
  about: 'one table of 1,000,000 rows down, the wait for its export included',
  cases: ['download'],
  defaultRows: 1_000_000,
  notes: (options) => [
    ...commonNotes(options),
    `Both ask every ${POLL_SECONDS} s whether the export is ready, the default of both. "After the wait" counts from the answer that it is.`,
    'Ours end with the table’s file in the store, whole and in place; the peer’s with a data frame in memory. The limit forgets its bytes.',
    'The megabytes are those of the export, the system columns included.',
  ],
  run,
};

const LARGE_DOWNLOAD = {
  connection: TENANT,
  branch: BRANCH_SELECTOR,
  domain: DOMAIN.name,
  tables: [LARGE_TABLE],
  store: RECEIVED,
  poll: { intervalSeconds: POLL_SECONDS },
};

async function run(options: BenchmarkOptions): Promise<CaseResult[]> {
  const { rows, rounds, peer, say, workFolder, workerOptions } = options;
  const data = await oneTable(options.dataFolder, rows);
  const around = await startSurroundings({
    workFolder,
    workerOptions,
    tables: [LARGE_TABLE],
    sourceFolder: data.folder,
  });
  try {
    say('filling the sandbox');
    await runWorkflow<typeof titanConventionUpload>(around, 'titanConventionUpload', LARGE_UPLOAD);
    const samples = await takeTurns(
      {
        tidemark: () => tidemark(around, rows),
        peer: async () => {
          const sample = await requirePeer(peer).titan({ ...peerJob('download', around), table: LARGE_TABLE });
          if (sample.rows !== rows) throw new Error(`the peer received ${sample.rows} rows, not ${rows}`);
          return sample;
        },
        limit: () => around.limit((program) => program.call('get', { tenant: around.tenant, tables: [LARGE_TABLE] })),
        bare: () => around.bare((program) => program.call('download', LARGE_DOWNLOAD)),
      },
      { rounds, peerRounds: peerRoundsOf(options, rounds) },
      say,
    );
    const amount = { tables: 1, rows, bytes: samples.tidemark[0]?.bytes ?? 0 };
    const ours = medianOf(samples.tidemark, (sample) => sample.afterWaitSeconds) ?? 0;
    const theirs = medianOf(samples.peer, (sample) => sample.secondsAfterWait) ?? null;
    return [
      {
        ...caseResult('download', amount, samples),
        ...orchestration(amount, samples),
        tidemarkAfterWaitSeconds: ours,
        peerAfterWaitSeconds: theirs,
        speedOverPeerAfterWait: theirs === null ? null : theirs / ours,
      },
    ];
  } finally {
    await around.stop();
  }
}

async function tidemark(around: Surroundings, rows: number) {
  const run = await runWorkflow<typeof titanConventionDownload>(around, 'titanConventionDownload', LARGE_DOWNLOAD);
  const { totals } = run.result;
  if (totals.rows !== rows) throw new Error(`the workflow received ${totals.rows} rows, not ${rows}`);
  return {
    seconds: run.seconds,
    afterWaitSeconds: run.seconds - run.secondsTo('titanPollExport'),
    bytes: totals.bytes,
    peakRssMegabytes: await around.workerPeakRssMegabytes(),
  };
}
