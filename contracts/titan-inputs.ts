import { z } from 'zod';
import { identifierSchema } from './postgres-table.js';
import { tableReferenceSchema } from './table-reference.js';
import {
  concurrencySchema,
  exportPatternSchema,
  importOptionsShape,
  branchSelectorSchema,
  onEmptySchema,
  onTableErrorSchema,
  pipelineNameSchema,
  pollSchema,
  uploadPatternSchema,
} from './titan-common.js';

/** Most tables of one workflow: what it carries from run to run stays below a payload's limit. */
export const MAX_TABLES_OF_A_BATCH = 1_000;

/** A deployed table: by its key, or by its domain and its display or physical name. */
export const tableSelectorSchema = z.union([
  z.strictObject({
    /** Key of the deployed table. */
    key: z.string().min(1),
  }),
  z.strictObject({
    /** Exact display name of the table's domain. */
    domain: z.string().min(1),
    /** Display or physical name of the table. */
    name: z.string().min(1),
  }),
]);
export type TableSelector = z.infer<typeof tableSelectorSchema>;

export const importTableInputSchema = z.strictObject({
  target: tableSelectorSchema,
  source: tableReferenceSchema,
  /** Overrides the batch's pattern. */
  pattern: uploadPatternSchema.optional(),
  /** Key of an import mapping; the table's default mapping when left out. */
  mappingKey: z.string().min(1).optional(),
  /** Traceable text kept by the server with this table. Default: derived from the batch's. */
  correlationCode: z.string().min(1).max(200).optional(),
  onEmpty: onEmptySchema.optional(),
});
export type ImportTableInput = z.infer<typeof importTableInputSchema>;

/** Input of `titanImportBatch`. */
export const titanImportBatchInputSchema = z.strictObject({
  ...importOptionsShape,
  /** The tables of the batch, at most 1,000. All of them are applied, or none. */
  tables: z.array(importTableInputSchema).min(1).max(MAX_TABLES_OF_A_BATCH),
});

/** Only what has changed is sent, told by a column whose values grow; how far each table has come is a high watermark of the pipeline. */
export const incrementalUploadSchema = z.strictObject({
  /** Column of the store's tables, for instance `updated_at`. Rows are sent whose value lies behind the table's mark. */
  cursor: identifierSchema,
  /**
   * How far behind the largest value the mark stays, so that rows which arrive late are sent again: an interval (`'5 minutes'`) for a
   * cursor in time, a number for a numeric one.
   */
  lag: z.union([z.string().min(1), z.number().nonnegative()]).optional(),
});

const conventionUploadSchema = z.strictObject({
  ...importOptionsShape,
  /** Exact display name of the domain. */
  domain: z.string().min(1),
  /** Only these tables, by display or physical name. An unknown name is an error. */
  tables: z.array(z.string().min(1)).min(1).optional(),
  /** Pattern of single tables, by display or physical name. */
  patterns: z.record(z.string(), uploadPatternSchema).optional(),
  /** Name of the connection that holds the tables under their convention keys. */
  store: z.string().min(1),
  /** With pattern `incremental_upsert_only`, from a store in PostgreSQL. Tables of another pattern (see `patterns`) are sent whole. */
  incremental: incrementalUploadSchema.optional(),
});

type UploadChoice = Pick<z.output<typeof conventionUploadSchema>, 'incremental' | 'pattern' | 'pipeline'>;

/** A mark of what has been sent says nothing of rows that are gone: what else a pattern would do with those is not for a part of a table. */
export const UPSERT_PATTERNS: readonly string[] = ['incremental_upsert_only', 'incremental'];
const fitsPattern = ({ incremental, pattern }: UploadChoice): boolean =>
  incremental === undefined || UPSERT_PATTERNS.includes(pattern);
const hasOwner = ({ incremental, pipeline }: UploadChoice): boolean =>
  incremental === undefined || pipeline !== undefined;
const NEEDS_UPSERT = { path: ['incremental'], message: "it needs the pattern 'incremental_upsert_only'" };
const NEEDS_OWNER = { path: ['incremental'], message: 'it needs a pipeline, whose high watermarks it goes by' };

/** Input of `titanConventionUpload`. */
export const titanConventionUploadInputSchema = conventionUploadSchema
  .refine(fitsPattern, NEEDS_UPSERT)
  .refine(hasOwner, NEEDS_OWNER);
/** The same as a pipeline's input in the config: the pipeline is known. */
export const titanConventionUploadConfigSchema = conventionUploadSchema.refine(fitsPattern, NEEDS_UPSERT);

/** Seconds that a table's mark stays behind the latest change received: what was being written meanwhile is exported once more. */
const DEFAULT_LAG_SECONDS = 300;

const exportOptionsShape = {
  version: z.literal(1).default(1),
  pipeline: pipelineNameSchema.optional(),
  /** Name of a connection of type `titanrdm`. */
  connection: z.string().min(1),
  branch: branchSelectorSchema,
  /** Traceable text kept by the server; one is derived from it for each table. Default: workflow id and run id. */
  correlationCode: z.string().min(1).max(200).optional(),
  pattern: exportPatternSchema.default('full'),
  /** ISO 8601 instant for all tables (a time without offset is UTC). Left out with `incremental`: each table's own, kept by the pipeline. */
  highWaterMark: z.string().min(1).optional(),
  /**
   * How far each table's next mark stays behind the latest change that was received (or the export's start, where there was none). A
   * transaction that was open at the server meanwhile, for as long as that, loses nothing. Of no use with a `highWaterMark`.
   */
  lagSeconds: z.number().nonnegative().max(2_592_000).default(DEFAULT_LAG_SECONDS),
  /** Also the former versions of records. */
  includeHistory: z.boolean().default(false),
  onTableError: onTableErrorSchema.default('fail'),
  poll: pollSchema.prefault({}),
  /** Tables received at the same time. */
  concurrency: concurrencySchema.default(8),
  /** Exports under way at the server at the same time. */
  exportsInFlight: concurrencySchema.default(50),
};

/** An input of `titanConventionDownload` in the config: its pipeline is known. */
export const titanConventionDownloadConfigSchema = z.strictObject({
  ...exportOptionsShape,
  /** Exact display name of the domain. */
  domain: z.string().min(1),
  /** Only these tables, by display or physical name. An unknown name is an error. */
  tables: z.array(z.string().min(1)).min(1).optional(),
  /** Name of the connection that receives the tables under their convention keys. */
  store: z.string().min(1),
});

interface DownloadChoice {
  pattern: string;
  highWaterMark?: string | undefined;
  pipeline?: string | undefined;
}
const hasMark = ({ pattern, highWaterMark, pipeline }: DownloadChoice): boolean =>
  pattern !== 'incremental' || highWaterMark !== undefined || pipeline !== undefined;
const NEEDS_MARK = {
  path: ['highWaterMark'],
  message: "pattern 'incremental' needs a highWaterMark, or a pipeline that keeps those of the tables",
};

/** Input of `titanConventionDownload`. */
export const titanConventionDownloadInputSchema = titanConventionDownloadConfigSchema.refine(hasMark, NEEDS_MARK);

const domainsShape = {
  /** Display names; every domain of the tenant when left out. */
  domains: z.array(z.string().min(1)).min(1).optional(),
  /** Domains in work at the same time. */
  domainsInFlight: z.int().min(1).max(50).default(5),
  /** What a failed domain means for the others: let them finish and fail at the end, or stop starting new ones. */
  onDomainError: z.enum(['continue', 'stop']).default('continue'),
};

const uploadDomain = conventionUploadSchema.omit({ domain: true, tables: true, patterns: true });

const syncDomainsSchema = z.discriminatedUnion('direction', [
  z.strictObject({
    ...uploadDomain.shape,
    ...domainsShape,
    /** Into TitanRDM. */
    direction: z.literal('upload'),
  }),
  z.strictObject({
    ...exportOptionsShape,
    /** Name of the connection that receives the tables under their convention keys. */
    store: z.string().min(1),
    ...domainsShape,
    /** Out of TitanRDM. */
    direction: z.literal('download'),
  }),
]);
type SyncChoice = z.output<typeof syncDomainsSchema>;

/** An input of `titanSyncDomains` in the config: its pipeline is known. */
export const titanSyncDomainsConfigSchema = syncDomainsSchema.refine(
  (input: SyncChoice) => input.direction === 'download' || fitsPattern(input),
  NEEDS_UPSERT,
);

/** Input of `titanSyncDomains`. */
export const titanSyncDomainsInputSchema = titanSyncDomainsConfigSchema
  .refine((input) => input.direction === 'upload' || hasMark(input), NEEDS_MARK)
  .refine((input) => input.direction === 'download' || hasOwner(input), NEEDS_OWNER);

/** As a caller writes it (defaults left out). */
export type TitanImportBatchInput = z.input<typeof titanImportBatchInputSchema>;
export type TitanConventionUploadInput = z.input<typeof titanConventionUploadInputSchema>;
export type TitanConventionDownloadInput = z.input<typeof titanConventionDownloadInputSchema>;
export type TitanSyncDomainsInput = z.input<typeof titanSyncDomainsInputSchema>;
