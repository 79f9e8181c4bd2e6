import type { Benchmark, BenchmarkOptions } from '../benchmark.js';
import { fleetFigures } from '../fleet/case-figures.js';
import { runLibrary } from '../fleet/library.js';
import { noteOf } from '../fleet/pipelines.js';
import { runRound, type FleetRound } from '../fleet/round.js';
import { applyFleet, notYet } from '../fleet/schedules.js';
import { startFleetSurroundings, type FleetSurroundings } from '../fleet/surroundings.js';
import { warmUp } from '../fleet/warm-up.js';
import type { FleetWorkers } from '../fleet/workers.js';
import type { CaseResult } from '../report.js';
import { caseResult, median, takeTurns, type Amount, type Sample } from '../rounds.js';

/** Many small pipelines by their Schedules: what is measured is the orchestration, since there is nearly no work. */
export const fleetBenchmark: Benchmark = {
  name: 'fleet',
  about: '200 small pipelines by their Schedules: two due each second on one worker, then all at once on 1, 2 and 4',
  cases: ['spread', 'workers-1', 'workers-2', 'workers-4'],
  defaultRows: 20_000,
  hasPeer: false,
  notes,
  run,
};

const USUAL_ROWS_PER_RUN = 100;
/** Runs that are due in a second of the case `spread`: about half of what two cores can do with everything on them. */
const SPREAD_PER_SECOND = 2;
/** As many steps as a worker has under way, by its default. */
const LIBRARY_LANES = 100;

const WORKERS: Readonly<Record<string, number>> = { spread: 1, 'workers-1': 1, 'workers-2': 2, 'workers-4': 4 };

function sizeOf({ rows, pipelines }: BenchmarkOptions): { pipelines: number; rows: number } {
  const count = pipelines ?? Math.max(1, Math.round(rows / USUAL_ROWS_PER_RUN));
  return { pipelines: count, rows: Math.max(1, Math.round(rows / count)) };
}

const overSecondsOf = (name: string, pipelines: number): number =>
  name === 'spread' ? Math.ceil(pipelines / SPREAD_PER_SECOND) : 0;

function notes(options: BenchmarkOptions): string[] {
  const { pipelines, rows } = sizeOf(options);
  return [
    `tidemark: ${pipelines} pipelines with a Schedule each, made by what \`tidemark apply\` does, in a local Temporal server with a database file, as \`tidemark dev --db\` starts it; all by default, the high watermark on. The work is an ingest of ${rows} rows into a table of the pipeline's own, one batch that is committed with its watermark, so that next to all of a run is orchestration. Every pipeline has run once before.`,
    `workers-1, -2, -4: all are due in the same second, with that many worker processes on one task queue; seconds are those from the due time to the end of the last run. spread: one worker, ${SPREAD_PER_SECOND} are due each second; seconds are those from the due time to the end of the run in the middle.`,
    `limit: the same ingests by the library alone, without Temporal, in one process with 10 sessions as in a worker, ${LIBRARY_LANES} at a time (spread: one by one, and the one in the middle).`,
    'There is no peer: a scheduler with watermarks that could be run beside it for the same work is none of the libraries that Tidemark is compared with.',
    'Each round every pipeline runs once. The benchmark fails when a run is missing, or ran twice, when a result, a row or a high watermark is not what it must be.',
    'Everything shares one machine: workers, Temporal, PostgreSQL. Times are those of the events in the histories, of all rounds. memory is that of the largest worker process; live is what a garbage collection leaves, in all its threads, without native code.',
    'MB are those of the rows as text. Each round runs them one after the other; seconds are medians, memory the largest of all rounds.',
  ];
}

async function run(options: BenchmarkOptions): Promise<CaseResult[]> {
  const around = await startFleetSurroundings(options, sizeOf(options));
  try {
    const context: Context = { options, around, applySeconds: 0, runs: 0 };
    context.applySeconds = await applyFleet(around.temporal, around.fleet, notYet);
    options.say(`${around.fleet.pipelines.length} Schedules made in ${context.applySeconds.toFixed(1)} s`);
    const results: CaseResult[] = [];
    for (const name of options.cases) results.push(await runCase(name, context));
    return results;
  } finally {
    await around.stop();
  }
}

interface Context {
  options: BenchmarkOptions;
  around: FleetSurroundings;
  /** What making the Schedules took. */
  applySeconds: number;
  /** Of each pipeline so far. */
  runs: number;
}

async function runCase(name: string, context: Context): Promise<CaseResult> {
  const { around } = context;
  const count = WORKERS[name] ?? 1;
  const workers = await around.startWorkers(count);
  try {
    await warmUp(around, workers);
    context.runs += 1;
    return await measured(name, context, workers);
  } finally {
    await workers.stop();
  }
}

interface FleetSample extends Sample {
  round: FleetRound;
}

async function measured(name: string, context: Context, workers: FleetWorkers): Promise<CaseResult> {
  const { options, around, applySeconds } = context;
  const { pipelines, rows } = around.fleet;
  const overSeconds = overSecondsOf(name, pipelines.length);
  const isSpread = name === 'spread';
  // Changing them takes longer than making them, and the events are counted.
  const leadSeconds = 3 + 2 * applySeconds;
  const library = (): Promise<Sample> => runLibrary(around, isSpread ? 1 : LIBRARY_LANES, isSpread);
  await library();
  const liveBefore = await workers.liveMegabytes();
  options.say(`${name}: every pipeline has run once, the first round is prepared`);
  const samples = await takeTurns(
    {
      tidemark: async (): Promise<FleetSample> => {
        const number = (context.runs += 1);
        const round = await runRound(around, workers, { overSeconds, number, leadSeconds });
        const { due, runs } = round;
        const fromDue = runs.map(({ ended }, index) => ended - due.of(index).getTime());
        const inAll = Math.max(...runs.map(({ ended }) => ended)) - due.first.getTime();
        const seconds = (isSpread ? median(fromDue) : inAll) / 1_000;
        return { round, seconds, peakRssMegabytes: await workers.peakRssMegabytes() };
      },
      peer: (): Promise<Sample> => Promise.reject(new Error('there is no peer')),
      limit: library,
    },
    { rounds: options.rounds, peerRounds: 0 },
    (line) => options.say(`${name}, ${line}`),
  );
  const bytes = pipelines.reduce((sum, { table }) => sum + bytesOf(table.name, context.runs, rows), 0);
  const all: Amount = { tables: pipelines.length, rows: pipelines.length * rows, bytes };
  const one: Amount = { tables: 1, rows, bytes: Math.round(bytes / pipelines.length) };
  return {
    ...caseResult(name, isSpread ? one : all, samples),
    fleet: fleetFigures({
      rounds: samples.tidemark.map(({ round }) => round),
      workers: WORKERS[name] ?? 1,
      overSeconds,
      applySeconds,
      memory: {
        peakRssMegabytes: await workers.peakRssMegabytes(),
        liveBeforeMegabytes: liveBefore,
        liveAfterMegabytes: await workers.liveMegabytes(),
      },
    }),
  };
}

/** Of the rows of one batch as CSV. */
function bytesOf(table: string, batch: number, rows: number): number {
  let bytes = 0;
  for (let number = 1; number <= rows; number += 1)
    bytes += `${batch},${number},${noteOf(table, batch, number)}\n`.length;
  return bytes;
}
