import { z } from 'zod';

/** Of all runs of all rounds, in seconds. */
const secondsSchema = z.strictObject({
  median: z.number(),
  /** 95 of a hundred were below it. */
  p95: z.number(),
  longest: z.number(),
});
export type Seconds = z.infer<typeof secondsSchema>;

/** What the benchmark `fleet` tells beside what every benchmark does. */
export const fleetSchema = z.strictObject({
  pipelines: z.int().positive(),
  /** Worker processes on the one task queue. */
  workers: z.int().positive(),
  /** From the first due time to the last. 0: all at once. */
  overSeconds: z.number().nonnegative(),
  /** Pipelines that finished, by the seconds from the first due time to the last end; the median of the rounds. */
  runsPerSecond: z.number().positive(),
  /** Seconds from the time that a run was due by its Schedule, all clocks being this machine's. */
  fromDue: z.strictObject({
    /** To the start of the run's workflow in its history: what Temporal's scheduler needed. */
    toStart: secondsSchema,
    /** To the moment when a worker had its first workflow task. */
    toWorker: secondsSchema,
    /** To the start of its first step. */
    toFirstStep: secondsSchema,
    /** To the start of the step that moves rows. */
    toRows: secondsSchema,
    /** To its end. */
    toEnd: secondsSchema,
  }),
  /** Events that a run leaves: the mean over all runs. */
  events: z.strictObject({
    /** Of `tidemarkRun`, which the Schedule starts. */
    run: z.number().positive(),
    /** Of the pipeline's workflow, its child. */
    pipeline: z.number().positive(),
    /** What it adds to the workflow that holds the pipeline's high watermark. */
    watermark: z.number().positive(),
    /** What it adds to the workflow that is the Schedule, where the server has one that can be asked. */
    schedule: z.number().nonnegative().nullable(),
  }),
  /** Of one worker process, the largest of all. MB are 10^6 bytes. */
  memory: z.strictObject({
    peakRssMegabytes: z.number().positive(),
    /** What a collection leaves, in all threads, without native code: before the first round, every pipeline having run once, and after the last. */
    liveBeforeMegabytes: z.number().positive(),
    liveAfterMegabytes: z.number().positive(),
  }),
  /** CPU per run, in milliseconds; null where the system does not tell. */
  cpu: z.strictObject({
    workers: z.number().nonnegative(),
    temporal: z.number().nonnegative().nullable(),
    postgres: z.number().nonnegative().nullable(),
    /** Share of all processors that were busy, whoever it was, from the first due time to the last end. */
    busy: z.number().nonnegative(),
  }),
  /** Growth of the Temporal server's database file; null for a server that was running before. */
  serverBytesPerRun: z.number().nonnegative().nullable(),
  /** Seconds in which `tidemark apply` made the Schedules. */
  applySeconds: z.number().positive(),
});
export type FleetFigures = z.infer<typeof fleetSchema>;

export function secondsOf(values: readonly number[]): Seconds {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new Error('there is no run');
    return value;
  };
  return { median: at(0.5), p95: at(0.95), longest: at(1) };
}

/** The figures as people read them. */
export function fleetLines(figures: FleetFigures): string[] {
  const { pipelines, workers, overSeconds, runsPerSecond, fromDue, events, memory, cpu } = figures;
  const seconds = ({ median, p95, longest }: Seconds): string =>
    `${median.toFixed(2)} s, 95 % ${p95.toFixed(2)} s, longest ${longest.toFixed(2)} s`;
  const milliseconds = (value: number | null): string => (value === null ? 'unknown' : `${value.toFixed(0)} ms`);
  const { run, pipeline, watermark, schedule } = events;
  return [
    `${pipelines} pipelines on ${workers} worker process${workers === 1 ? '' : 'es'}, ${overSeconds === 0 ? 'all due at once' : `due over ${overSeconds} s`}: ${runsPerSecond.toFixed(1)} runs finished per second`,
    `due to started: ${seconds(fromDue.toStart)}`,
    `due to a worker: ${seconds(fromDue.toWorker)}`,
    `due to the first step: ${seconds(fromDue.toFirstStep)}`,
    `due to the step that moves rows: ${seconds(fromDue.toRows)}`,
    `due to the end: ${seconds(fromDue.toEnd)}`,
    `events per run: ${run.toFixed(0)} of the run, ${pipeline.toFixed(0)} of its pipeline's workflow, ${watermark.toFixed(0)} of the high watermark's, ${schedule === null ? 'unknown' : schedule.toFixed(0)} of the Schedule's`,
    `CPU per run: workers ${milliseconds(cpu.workers)}, Temporal ${milliseconds(cpu.temporal)}, PostgreSQL ${milliseconds(cpu.postgres)}; all processors busy to ${(cpu.busy * 100).toFixed(0)} %`,
    `memory of a worker: peak ${memory.peakRssMegabytes.toFixed(0)} MB, live ${memory.liveBeforeMegabytes.toFixed(1)} MB before, ${memory.liveAfterMegabytes.toFixed(1)} MB after`,
    ...(figures.serverBytesPerRun === null
      ? []
      : [`the server's database grows by ${(figures.serverBytesPerRun / 1_000).toFixed(0)} kB per run`]),
    `the Schedules were made in ${figures.applySeconds.toFixed(1)} s`,
  ];
}
