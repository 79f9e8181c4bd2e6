import { z } from 'zod';

/** Import patterns of TitanRDM (titan-rdm-sdk 2.0.0). `incremental` is the older spelling of `incremental_upsert_only`. */
export const importPatternSchema = z.enum([
  'full',
  'incremental_upsert_only',
  'incremental_with_delete',
  'incremental',
]);
export type ImportPattern = z.infer<typeof importPatternSchema>;

/**
 * What an upload may ask for: a pattern of TitanRDM, or `auto`: the source, which is the whole table, is compared with what TitanRDM holds (a
 * full export), and the difference alone is sent, as `incremental_with_delete`.
 */
export const uploadPatternSchema = z.enum([...importPatternSchema.options, 'auto']);
export type UploadPattern = z.infer<typeof uploadPatternSchema>;

/**
 * Most records of a table that a run may remove: a number of records (0, 1, 2, …), or a share of those that TitanRDM holds (`0.5`, `'50%'`).
 */
export const maxDeletesSchema = z.union([
  z
    .number()
    .min(0)
    .refine(
      (value) => value < 1 || Number.isSafeInteger(value),
      "expected a share between 0 and 1, a whole number of records, or a text such as '50%'",
    ),
  z.string().regex(/^(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)%$/, "expected a share such as '50%'"),
]);
export type MaxDeletes = z.infer<typeof maxDeletesSchema>;

/** Export patterns of TitanRDM (titan-rdm-sdk 2.0.0). */
export const exportPatternSchema = z.enum(['full', 'incremental']);
export type ExportPattern = z.infer<typeof exportPatternSchema>;

/** A branch by its id, or by its exact name and, when several have it, its owner's id or e-mail address. */
export const branchSelectorSchema = z.union([
  z.strictObject({
    /** Id of the branch. */
    id: z.int().positive(),
  }),
  z.strictObject({
    /** Exact name of the branch. */
    name: z.string().min(1),
    /** Id or e-mail address of its owner: needed when several branches have the name. */
    owner: z.union([z.int().positive(), z.string().min(1)]).optional(),
  }),
]);
export type BranchSelector = z.infer<typeof branchSelectorSchema>;

/** How often and how long the server is asked for the end of its work. */
export const pollSchema = z.strictObject({
  /** Seconds between two questions. */
  intervalSeconds: z.number().min(0.05).max(3_600).default(2),
  /** Seconds after which unfinished work is an error (`TITAN_WAIT_EXCEEDED`). */
  maxWaitSeconds: z.number().positive().max(604_800).default(300),
});
export type Poll = z.infer<typeof pollSchema>;

/** What becomes of the batch when a table fails for good: nothing is applied, or what could be sent is. */
export const onTableErrorSchema = z.enum(['fail', 'completeOthers']);
/** What an empty source table means: leave the target as it is, or send an empty file (with `full` that empties the target). */
export const onEmptySchema = z.enum(['skip', 'send']);

/** Tables sent or received at the same time, by one workflow. */
export const concurrencySchema = z.int().min(1).max(100);

/** Name of the pipeline that the run is one of: its high watermarks are its own. The command fills it in for a configured pipeline. */
export const pipelineNameSchema = z.string().min(1).max(200);

/** Fields that every import has in common. */
export const importOptionsShape = {
  version: z.literal(1).default(1),
  pipeline: pipelineNameSchema.optional(),
  /** Name of a connection of type `titanrdm`. */
  connection: z.string().min(1),
  branch: branchSelectorSchema,
  /** Kept by the server with the import, for people. Default: says which workflow it is. */
  description: z.string().min(1).max(1_000).optional(),
  /** Traceable text kept by the server; one is derived from it for each table. Default: workflow id and run id. */
  correlationCode: z.string().min(1).max(200).optional(),
  pattern: uploadPatternSchema.default('full'),
  /**
   * A run that would remove more records of a table is stopped before anything is applied (`TOO_MANY_DELETES`). Off when left out, since each
   * table whose pattern can remove records then costs a full export.
   */
  maxDeletes: maxDeletesSchema.optional(),
  onTableError: onTableErrorSchema.default('fail'),
  onEmpty: onEmptySchema.default('skip'),
  /** Check keys, codes, columns before a byte is sent. */
  validate: z.boolean().default(true),
  poll: pollSchema.prefault({}),
  concurrency: concurrencySchema.default(12),
};
