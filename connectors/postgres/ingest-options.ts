import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { TidemarkError } from '../../contracts/errors.js';
import { startingPointSchema, qualifiedNameSchema } from '../../contracts/postgres-inputs.js';
import { postgresTableSchema, type PostgresTable } from '../../contracts/postgres-table.js';
import type { BeforeVisible, BlockingSession, JsonValue } from './port.js';

/** Plain strings, so that schedulers can pass them. */
export const HighWatermark = { LATEST: '__LATEST__', EARLIEST: '__EARLIEST__' } as const;
export const Visibility = { AFTER_EACH_BATCH: '__AFTER_EACH_BATCH__' } as const;
export const Upsert = { IF_PRIMARY_KEY: '__IF_PRIMARY_KEY__', OFF: '__OFF__' } as const;
export const Delete = { OFF: '__OFF__', BEFORE_FIRST_BATCH: '__BEFORE_FIRST_BATCH__' } as const;

/** What is told while an ingest runs: after each batch, and each second while someone is in the way. */
export interface IngestCallProgress {
  /** Committed by this call. */
  batches: number;
  rows: number;
  /** The committed one. */
  highWatermark: JsonValue;
  /** Empty when nothing is waited for. */
  waitingFor: BlockingSession[];
}

const functionSchema = <T>() => z.custom<T>((value) => typeof value === 'function', 'expected a function');

export const ingestOptionsSchema = z.strictObject({
  /** Where to start: the stored watermark, null, or this value. Applied once per run, not once per call. */
  highWatermark: startingPointSchema.default('__LATEST__'),
  visibility: z.literal('__AFTER_EACH_BATCH__').default('__AFTER_EACH_BATCH__'),
  upsert: z.enum(['__IF_PRIMARY_KEY__', '__OFF__']).default('__IF_PRIMARY_KEY__'),
  /** The first batch of the run replaces all rows of all tables. */
  delete: z.enum(['__OFF__', '__BEFORE_FIRST_BATCH__']).default('__OFF__'),
  /** Called for each table of each batch, in its transaction, before others see the rows. What it throws undoes the batch. */
  onBeforeVisible: functionSchema<(event: BeforeVisible) => void | Promise<void>>().optional(),
  /** Rows of one table that wait while another one is loaded. */
  maxRowsPerTableBuffer: z.int().min(1).max(1_000_000).default(10_000),
  /**
   * Sessions that copy rows at a time, at most. With 2 a second one copies some of those of a large batch into tables beside the target that
   * are gone with the batch: it takes more of the server's work, and less time where that has a core to spare. See `askAhead` for small ones.
   */
  sessions: z.int().min(1).max(2).default(1),
  /**
   * Whether the source may be asked for the next batch as soon as the rows of the one before are used up and its high watermark is known,
   * before it is committed: with two sessions one batch is copied while the one before is still on its way then. Not for a source that
   * takes the question for news that the batch before has arrived.
   */
  askAhead: z.boolean().default(false),
  /** Where rows go that do not fit, with the reason. Left out: such a row fails its batch. */
  quarantine: qualifiedNameSchema.optional(),
  run: z
    .strictObject({
      /** Whose table it is. A table of another pipeline is refused. */
      pipeline: z.string().min(1).max(200).optional(),
      /** Calls with the same id are attempts of one run: a later one goes on from what the earlier ones have committed. */
      run: z
        .string()
        .min(1)
        .max(200)
        .default(() => randomUUID()),
      /** Id of a watermark that a person has set, and that this run applies: once it is committed it counts as done, for other runs too. */
      override: z.string().min(1).max(200).optional(),
      /** Take the table over from the pipeline that it belongs to. */
      adopt: z.boolean().default(false),
    })
    .prefault({}),
  blocking: z
    .strictObject({
      /** End sessions that are in the way after so many seconds. Left out: wait, for as long as the connection's lock timeout says. */
      endAfterSeconds: z.number().nonnegative().max(86_400).optional(),
    })
    .prefault({}),
  /** Aborted: the open batch is rolled back, what is committed stays. */
  signal: z
    .custom<AbortSignal>((value) => typeof value === 'object' && value !== null && 'aborted' in value)
    .optional(),
  onProgress: functionSchema<(progress: IngestCallProgress) => void>().optional(),
});
/** As a caller writes them. */
export type IngestOptions = Omit<z.input<typeof ingestOptionsSchema>, 'highWatermark'> & {
  /** Where to start: `'__LATEST__'` (the stored watermark, the default), `'__EARLIEST__'` (null), or this value. Applied once per run. */
  highWatermark?: JsonValue;
};
export type IngestSettings = z.infer<typeof ingestOptionsSchema>;

const tablesSchema = z.tuple([postgresTableSchema], postgresTableSchema).superRefine((tables, context) => {
  const names = tables.map(({ schema, name }) => JSON.stringify([schema, name]));
  for (const [index, name] of names.entries())
    if (names.indexOf(name) !== index)
      context.addIssue({ code: 'custom', path: [index], message: 'a table is there twice' });
  if (tables[0].comment !== undefined)
    context.addIssue({
      code: 'custom',
      path: [0, 'comment'],
      message: 'the comment of the first table holds the high watermark: leave it out',
    });
});

/** @throws TidemarkError INGEST_OPTIONS that names the path of each mistake. */
export function parseIngestOptions(
  tables: unknown,
  options: unknown,
): { tables: [PostgresTable, ...PostgresTable[]]; settings: IngestSettings } {
  return {
    tables: parse(tablesSchema, tables, 'tables'),
    settings: parse(ingestOptionsSchema, options, 'options'),
  };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `${[what, ...path].map(String).join('.')}: ${message}`);
  throw new TidemarkError(`An ingest was asked for with mistakes: ${issues.join('; ')}.`, {
    code: 'INGEST_OPTIONS',
    retryable: false,
    mend: 'Mend them.',
  });
}
