import type { titanConventionUpload } from '../../workflows/index.js';
import { commonNotes, peerRoundsOf, type Benchmark, type BenchmarkOptions } from '../benchmark.js';
import { DOMAIN, LARGE_TABLE, PEER_TABLE } from '../data/definitions.js';
import { oneTable } from '../data/files.js';
import type { CaseResult } from '../report.js';
import { caseResult, medianOf, orchestration, takeTurns } from '../rounds.js';
import { runWorkflow } from '../run-workflow.js';
import { BRANCH_SELECTOR, SOURCE, startSurroundings, TENANT, type Surroundings } from '../surroundings.js';
import { peerJob, requirePeer } from './peer-job.js';

/** One large table into TitanRDM, to the reply of `complete`. */
export const uploadBenchmark: Benchmark = {
  name: 'upload',
  about: 'one table of 1,000,000 rows up, to the reply of complete',
  cases: ['upload'],
  defaultRows: 1_000_000,
  notes: (options) => [
    ...commonNotes(options),
    'All seconds end with the reply of complete; the processing afterwards is the server’s and is told apart.',
    'Ours begin with a file on disk, checked before it is sent (keys, columns, encoding); the peer’s with a data frame in memory, keys checked.',
    'The connection’s maxFileBytes is raised: by default a file above the documented 100 MB would be refused.',
  ],
  run,
};

export const LARGE_UPLOAD = {
  connection: TENANT,
  branch: BRANCH_SELECTOR,
  domain: DOMAIN.name,
  tables: [LARGE_TABLE],
  store: SOURCE,
};

async function run(options: BenchmarkOptions): Promise<CaseResult[]> {
  const { rows, rounds, peer, say, workFolder, workerOptions } = options;
  const data = await oneTable(options.dataFolder, rows);
  const around = await startSurroundings({
    workFolder,
    workerOptions,
    tables: [LARGE_TABLE, PEER_TABLE],
    sourceFolder: data.folder,
  });
  try {
    const samples = await takeTurns(
      {
        tidemark: () => tidemark(around, rows),
        peer: async () => {
          const files = data.files.map(({ table, path }) => ({ table, path }));
          const sample = await requirePeer(peer).titan({ ...peerJob('upload', around), table: PEER_TABLE, files });
          if (sample.rows !== rows) throw new Error(`the peer sent ${sample.rows} rows, not ${rows}`);
          await around.sandboxIdle();
          return sample;
        },
        limit: () =>
          around.limit((program) =>
            program.call('put', {
              tenant: around.tenant,
              files: data.files.map((file) => ({ ...file, table: LARGE_TABLE })),
            }),
          ),
        bare: async () => {
          const sample = await around.bare((program) => program.call('upload', LARGE_UPLOAD));
          await around.sandboxIdle();
          return sample;
        },
      },
      { rounds, peerRounds: peerRoundsOf(options, rounds) },
      say,
    );
    const amount = { tables: 1, rows, bytes: data.bytes };
    const peerReadSeconds = medianOf(samples.peer, (sample) => sample.readSeconds);
    return [
      {
        ...caseResult('upload', amount, samples),
        ...orchestration(amount, samples),
        wholeWorkflowSeconds: medianOf(samples.tidemark, (sample) => sample.wholeSeconds) ?? 0,
        sandboxProcessingSeconds: medianOf(samples.tidemark, (sample) => sample.processingSeconds) ?? 0,
        ...(peerReadSeconds === undefined ? {} : { peerReadSeconds }),
      },
    ];
  } finally {
    await around.stop();
  }
}

async function tidemark(around: Surroundings, rows: number) {
  const run = await runWorkflow<typeof titanConventionUpload>(around, 'titanConventionUpload', LARGE_UPLOAD);
  const { totals, batch } = run.result;
  if (totals.rows !== rows) throw new Error(`the workflow sent ${totals.rows} rows, not ${rows}`);
  return {
    seconds: run.secondsTo('titanCompleteBatch'),
    wholeSeconds: run.seconds,
    processingSeconds: batch?.durationSeconds ?? 0,
    peakRssMegabytes: await around.workerPeakRssMegabytes(),
  };
}
