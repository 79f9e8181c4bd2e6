import type { Benchmark, BenchmarkOptions } from '../benchmark.js';
import { startProfileSurroundings } from '../profiles/surroundings.js';
import { CONCURRENCY, csvOf, LATENCY_MS } from '../profiles/table.js';
import type { CaseResult } from '../report.js';
import { caseResult, takeTurns, type Sample } from '../rounds.js';

/** Profiles into AMS: the peer is a serial client, a plain loop of the same calls. */
export const profilesBenchmark: Benchmark = {
  name: 'profiles',
  about: `5,000 profiles into AMS, ${LATENCY_MS} ms per reply, ${CONCURRENCY} requests at a time, beside a serial client`,
  cases: ['profiles'],
  defaultRows: 5_000,
  notes,
  run,
};

/** The serial client does a part of the profiles, and its seconds are those of all at that rate: all of them would take minutes. */
const SERIAL_SHARE = 10;
const serialCount = (rows: number): number => Math.min(rows, Math.max(100, Math.ceil(rows / SERIAL_SHARE)));

function notes({ rows }: BenchmarkOptions): string[] {
  return [
    'tidemark: the whole durable workflow amsUpsertProfiles on a local Temporal server, from the call that starts it to its result: form, users and every row are checked before; memory is that of its worker process (with a prebuilt workflow bundle).',
    `peer: a serial client, node:http and a plain loop of the same calls one by one, a new process each round; it writes ${serialCount(rows)} profiles, and its seconds are those of ${rows} at that rate.`,
    `limit: the same calls by node:http, ${CONCURRENCY} at a time, without any check.`,
    `The sandbox answers each call after ${LATENCY_MS} ms. After each run what is stored is compared with what was sent. The benchmark fails when more than ${CONCURRENCY} requests were under way at a time.`,
    `shareOfConcurrency: our rate / (${CONCURRENCY} × the serial rate). memoryGrowthMegabytes: the worker's live memory (after a garbage collection, all threads, without native code) after all profiles less that after a tenth of them; the peak is the process's resident memory, garbage included.`,
    'MB are those of the CSV. Each round runs them one after the other; seconds are medians, memory the largest of all rounds.',
  ];
}

async function run(options: BenchmarkOptions): Promise<CaseResult[]> {
  const { rows, rounds } = options;
  const around = await startProfileSurroundings(rows, options);
  try {
    const few = serialCount(rows);
    let round = 0;
    // Once before all rounds: code is compiled, and memory is known for a small table.
    const before = await around.tidemark(few, (round += 1));
    const samples = await takeTurns(
      {
        tidemark: () => around.tidemark(rows, (round += 1)),
        peer: async (): Promise<Sample> => {
          const sample = await around.plain(few, (round += 1), 1);
          return { ...sample, seconds: (sample.seconds * rows) / few };
        },
        limit: () => around.plain(rows, (round += 1), CONCURRENCY),
      },
      { rounds, peerRounds: rounds },
      options.say,
    );
    const peakInFlight = around.peakInFlight();
    if (peakInFlight > CONCURRENCY)
      throw new Error(`${peakInFlight} requests were under way at a time, ${CONCURRENCY} are allowed.`);
    const bytes = Buffer.byteLength(csvOf(around.userIds, 1));
    const live = Math.max(...samples.tidemark.map(({ liveMegabytes }) => liveMegabytes));
    const result = caseResult('profiles', { tables: 1, rows, bytes }, samples);
    return [
      {
        ...result,
        concurrency: CONCURRENCY,
        peakInFlight,
        shareOfConcurrency: (result.speedOverPeer ?? 0) / CONCURRENCY,
        liveMegabytes: live,
        memoryGrowthMegabytes: live - before.liveMegabytes,
      },
    ];
  } finally {
    await around.stop();
  }
}
