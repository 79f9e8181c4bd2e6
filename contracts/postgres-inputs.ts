import { z } from 'zod';
import { cellSchema, MAX_STORED_ROWS } from './table-reference.js';
import { branchSelectorSchema, pollSchema } from './titan-common.js';
import { identifierSchema, postgresTableSchema, type PostgresTable } from './postgres-table.js';

/** A JSON value; integers beyond 2^53 are refused, since JSON would round them: give them as strings. */
export const jsonValueSchema = z
  .json()
  .refine(holdsOnlySafeIntegers, 'an integer beyond 2^53 must be given as a string');

/** Where an ingest starts: the stored watermark, the very beginning, or this value. Applied once per run, not once per attempt. */
export const startingPointSchema = z.union([
  z.enum(['__LATEST__', '__EARLIEST__']),
  // A constant that is misspelt must not become a watermark.
  jsonValueSchema.refine(
    (value) => typeof value !== 'string' || !/^__[A-Z_]*__$/u.test(value),
    "expected '__LATEST__', '__EARLIEST__' or a value",
  ),
]);

/** A table and the name under which the source yields its rows. */
export const qualifiedNameSchema = z.strictObject({ schema: identifierSchema, name: identifierSchema });

/** Rows of a table or named query in PostgreSQL, in the order of a cursor column. */
export const querySourceSchema = z
  .strictObject({
    /** A table or query of PostgreSQL. */
    type: z.literal('query'),
    /** Name of a connection of type `postgres`. */
    connection: z.string().min(1),
    /** A table of it, or ... */
    table: qualifiedNameSchema.optional(),
    /** ... a query named in its configuration, or ... */
    query: z.string().min(1).optional(),
    /** ... SQL of the caller's own, a single SELECT, where the connection says `allowQueries`. */
    sql: z.string().min(1).max(100_000).optional(),
    /** Column whose growing values tell new rows from old: the high watermark is its largest value read. Left out: everything, each run. */
    cursor: identifierSchema.optional(),
    /**
     * How far behind the largest value the watermark stays, so that rows that arrive late are read again (an upsert makes that harmless): an
     * interval (`'5 minutes'`) for a cursor in time, a number for a numeric one.
     */
    lag: z.union([z.string().min(1), z.number().nonnegative()]).optional(),
    /** Rows whose cursor is NULL are in no order: `fail` (default) or `skip`, counted in the result. */
    nullCursors: z.enum(['fail', 'skip']).default('fail'),
    /** Rows of one batch; ties of the cursor are never torn apart. */
    batchRows: z.int().min(1).max(10_000_000).default(100_000),
  })
  .refine(({ table, query, sql }) => [table, query, sql].filter((given) => given !== undefined).length === 1, {
    message: "give one of 'table', 'query' and 'sql'",
  });

/** Files of a store's folder: each new or changed one is a batch. Name, size and time make the watermark. */
export const filesSourceSchema = z.strictObject({
  /** Files of a folder. */
  type: z.literal('files'),
  /** Name of a connection of type `files`. */
  connection: z.string().min(1),
  /** Which files, as a glob over their names, for instance `orders-*.csv`. CSV and Parquet are read. */
  pattern: z.string().min(1),
});

/** An incremental export of a TitanRDM table. The watermark is the largest change time received. */
export const titanSourceSchema = z.strictObject({
  /** A table of TitanRDM. */
  type: z.literal('titanrdm'),
  /** Name of a connection of type `titanrdm`. */
  connection: z.string().min(1),
  branch: branchSelectorSchema,
  /** Exact display name of the table's domain. */
  domain: z.string().min(1),
  /** Display or physical name. */
  table: z.string().min(1),
  /**
   * Records that were deleted in TitanRDM arrive as rows whose `trdm_is_deleted` is true: `keep` leaves them so, `delete` removes them from the
   * target in the same transaction. The target's table must have the column either way.
   */
  tombstones: z.enum(['keep', 'delete']).default('keep'),
  poll: pollSchema.prefault({}),
});

/** A source of the user's own, registered by name in the plugin: see `defineSource`. */
export const ownSourceSchema = z.strictObject({
  /** A source of one's own. */
  type: z.literal('source'),
  /** Name that it is registered under. */
  name: z.string().min(1),
  /** Passed to it as it is. */
  options: z.record(z.string(), jsonValueSchema).optional(),
});

/** A few rows inline: they travel through workflow history. Ingested once per run, as one batch. */
export const rowsSourceSchema = z.strictObject({
  /** A few rows inline. */
  type: z.literal('rows'),
  /** At most 1,000; 100,000 where there is a payload storage (`temporal.payloadStorage`). */
  rows: z.array(z.array(cellSchema)).max(MAX_STORED_ROWS),
  highWatermark: jsonValueSchema.default(null),
});

/** Where the rows come from. */
export const ingestSourceSchema = z.discriminatedUnion('type', [
  querySourceSchema,
  filesSourceSchema,
  titanSourceSchema,
  ownSourceSchema,
  rowsSourceSchema,
]);
export type IngestSource = z.infer<typeof ingestSourceSchema>;

const ingestShape = {
  version: z.literal(1).default(1),
  /** Names whose the watermark is. A table whose marker names another one is refused, unless `adopt` says so. */
  pipeline: z.string().min(1).max(200),
  source: ingestSourceSchema,
  /** Name of the connection of type `postgres` that the rows go to. */
  target: z.string().min(1),
  /** The first one holds the high watermark in its comment. */
  tables: z.array(postgresTableSchema).min(1).max(200),
  highWatermark: startingPointSchema.default('__LATEST__'),
  /** When others see the rows: each batch when it is whole. */
  visibility: z.literal('__AFTER_EACH_BATCH__').default('__AFTER_EACH_BATCH__'),
  /** Rows replace those of the same primary key where the table has one, or are added in any case. */
  upsert: z.enum(['__IF_PRIMARY_KEY__', '__OFF__']).default('__IF_PRIMARY_KEY__'),
  /** Whether the rows that are there are deleted before the first batch, in its transaction. */
  delete: z.enum(['__OFF__', '__BEFORE_FIRST_BATCH__']).default('__OFF__'),
  /** Name of a hook registered in the plugin: it runs in the batch's transaction, before anyone sees the rows. */
  onBeforeVisible: z.string().min(1).optional(),
  /** Rows of a source of one's own that wait in memory before they are sent to the database, per table. */
  maxRowsPerTableBuffer: z.int().min(1).max(1_000_000).default(10_000),
  /**
   * Sessions that copy rows at a time, at most. With 2 a second one copies some of those of a large batch into tables beside the target that
   * are gone with the batch, or the next small batch while the one before is committed: it takes more of the server's work, and less time
   * where that has a core to spare. The role must be able to create tables in the target's schema.
   */
  sessions: z.int().min(1).max(2).default(1),
  /** Where rows go that the target refuses, with the reason. Left out: such a row fails its batch. */
  quarantine: qualifiedNameSchema.optional(),
  /** Take the table over from the pipeline that its marker names. */
  adopt: z.boolean().default(false),
  /** Sessions in the way are waited for and reported; ended only when this says after how many seconds. */
  endBlockersAfterSeconds: z.number().positive().max(86_400).optional(),
  /** Batches of one activity; after that the workflow's history grows by one more. */
  batchesPerStretch: z.int().min(1).max(100_000).default(1_000),
};

/** Input of `postgresIngest`. */
export const postgresIngestInputSchema = z.strictObject(ingestShape).superRefine(checkSource);
/** As a caller writes it (defaults left out). */
export type PostgresIngestInput = z.input<typeof postgresIngestInputSchema>;
export type PostgresIngestOptions = z.infer<typeof postgresIngestInputSchema>;

/** The same as a pipeline's input in the config: `pipeline` is the pipeline's own name unless it says another one. */
export const postgresIngestConfigSchema = z
  .strictObject({ ...ingestShape, pipeline: ingestShape.pipeline.optional() })
  .superRefine(checkSource);

/** What a source yields must fit the tables: refused before anything runs. */
function checkSource(
  input: { source: IngestSource; tables: PostgresTable[]; upsert: string },
  context: z.RefinementCtx,
): void {
  const { source, tables, upsert } = input;
  const refuse = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message });
  if (source.type !== 'source' && tables.length > 1)
    refuse(['tables'], `a source of type '${source.type}' feeds one table; a source of your own can feed many`);
  if (tables[0]?.comment !== undefined)
    refuse(['tables', 0, 'comment'], 'the comment of the first table holds the high watermark: leave it out');
  const names = tables.map(({ schema, name }) => JSON.stringify([schema, name]));
  for (const [index, name] of names.entries())
    if (names.indexOf(name) !== index) refuse(['tables', index], 'a table is there twice');
  const [table] = tables;
  const isUpsert = table?.primaryKey !== undefined && upsert === '__IF_PRIMARY_KEY__';
  if (source.type === 'query' && source.lag !== undefined) {
    if (source.cursor === undefined) refuse(['source', 'lag'], "a lag is one of the cursor: give 'cursor' too");
    if (!isUpsert)
      refuse(
        ['source', 'lag'],
        'rows within the lag arrive again: without an upsert by primary key they would be there twice',
      );
  }
  if (source.type === 'titanrdm') {
    if (!isUpsert)
      refuse(
        ['tables', 0],
        'records of TitanRDM change: the table needs a primary key and the upsert, or they would be there twice',
      );
    if (table?.columns.some(({ name }) => name === 'trdm_is_deleted') === false)
      refuse(
        ['tables', 0, 'columns'],
        "deleted records arrive as rows: declare a column 'trdm_is_deleted' of type boolean",
      );
  }
  if (source.type === 'rows') {
    const width = table?.columns.length ?? 0;
    const index = source.rows.findIndex((row) => row.length !== width);
    if (index >= 0) refuse(['source', 'rows', index], `a row has a value per column of the table: ${width}`);
  }
}

function holdsOnlySafeIntegers(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(holdsOnlySafeIntegers);
}
