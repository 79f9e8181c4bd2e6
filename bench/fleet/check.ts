import { z } from 'zod';

// What fails the benchmark: a run that is missing, wrong or ran twice. Nothing here asks anybody: it judges what was found.

/** One run that was due. */
export interface DueRun {
  pipeline: string;
  /** The number that its batch must have: of all runs of the pipeline, which this is. */
  number: number;
  rows: number;
}

/** What a run returned, as far as it matters here. */
const resultSchema = z.looseObject({
  batches: z.number(),
  rows: z.number(),
  highWatermark: z.looseObject({ from: z.unknown(), to: z.unknown() }),
  watermark: z.looseObject({ notRecorded: z.string().optional(), differed: z.unknown().optional() }).optional(),
});

/** What is wrong with a run, by its result; undefined when nothing is. */
export function wrongInResult({ pipeline, number, rows }: DueRun, result: unknown): string | undefined {
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) return `${pipeline}: its result is none of an ingest`;
  const { batches, highWatermark, watermark, ...found } = parsed.data;
  const from = number === 1 ? null : number - 1;
  if (batches !== 1) return `${pipeline}: ${batches} batches, not 1`;
  if (found.rows !== rows) return `${pipeline}: ${found.rows} rows, not ${rows}`;
  if (highWatermark.from !== from || highWatermark.to !== number)
    return `${pipeline}: from ${String(highWatermark.from)} to ${String(highWatermark.to)}, not from ${String(from)} to ${number}`;
  if (watermark?.notRecorded !== undefined) return `${pipeline}: not recorded: ${watermark.notRecorded}`;
  if (watermark?.differed !== undefined) return `${pipeline}: the two copies of its high watermark differed`;
  return undefined;
}

/** What a table holds. */
export interface TableContent {
  rows: number;
  /** Pairs of batch and number that are there. */
  distinct: number;
  batches: number;
  /** Rows whose text is not what was sent. */
  wrong: number;
}

/** What is wrong with the table of a pipeline after `runs` runs. */
export function wrongInTable(pipeline: string, runs: number, rows: number, found: TableContent): string | undefined {
  if (found.rows > found.distinct) return `${pipeline}: ${found.rows - found.distinct} rows are there twice`;
  if (found.wrong > 0) return `${pipeline}: ${found.wrong} rows are not what was sent`;
  if (found.batches !== runs || found.rows !== runs * rows)
    return `${pipeline}: ${found.batches} batches with ${found.rows} rows, not ${runs} with ${runs * rows}`;
  return undefined;
}

/** What is wrong with the high watermark that a pipeline's watermark workflow holds. */
export function wrongInWatermark(pipeline: string, runs: number, value: unknown): string | undefined {
  return value === runs ? undefined : `${pipeline}: its high watermark is ${JSON.stringify(value)}, not ${runs}`;
}

/** What is wrong with the number of runs that the Schedules have started. */
export function wrongInCount(due: number, started: number): string | undefined {
  return started === due ? undefined : `${started} runs were started, ${due} were due`;
}

/** Throws when anything is wrong: the first few of all. */
export function refuseWrong(found: readonly (string | undefined)[]): void {
  const wrong = found.filter((each) => each !== undefined);
  if (wrong.length === 0) return;
  throw new Error(`${wrong.length} findings. ${wrong.slice(0, 5).join('; ')}${wrong.length > 5 ? '; ...' : ''}.`);
}
