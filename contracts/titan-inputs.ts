import { z } from 'zod';
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
  z.strictObject({ key: z.string().min(1) }),
  z.strictObject({ domain: z.string().min(1), name: z.string().min(1) }),
]);
export type TableSelector = z.infer<typeof tableSelectorSchema>;

export const importTableInputSchema = z.strictObject({
  target: tableSelectorSchema,
  source: tableReferenceSchema,
  /** Overrides the batch's pattern. */
  pattern: uploadPatternSchema.optional(),
  /** Key of an import mapping; the table's default mapping when left out. */
  mappingKey: z.string().min(1).optional(),
  correlationCode: z.string().min(1).max(200).optional(),
  onEmpty: onEmptySchema.optional(),
});
export type ImportTableInput = z.infer<typeof importTableInputSchema>;

/** Input of `titanImportBatch`. */
export const titanImportBatchInputSchema = z.strictObject({
  ...importOptionsShape,
  tables: z.array(importTableInputSchema).min(1).max(MAX_TABLES_OF_A_BATCH),
});

/** Input of `titanConventionUpload`. */
export const titanConventionUploadInputSchema = z.strictObject({
  ...importOptionsShape,
  /** Exact display name of the domain. */
  domain: z.string().min(1),
  /** Only these tables, by display or physical name. An unknown name is an error. */
  tables: z.array(z.string().min(1)).min(1).optional(),
  /** Pattern of single tables, by display or physical name. */
  patterns: z.record(z.string(), uploadPatternSchema).optional(),
  /** Name of the connection that holds the tables under their convention keys. */
  store: z.string().min(1),
});

const exportOptionsShape = {
  version: z.literal(1).default(1),
  pipeline: pipelineNameSchema.optional(),
  connection: z.string().min(1),
  branch: branchSelectorSchema,
  correlationCode: z.string().min(1).max(200).optional(),
  pattern: exportPatternSchema.default('full'),
  /** ISO 8601 instant, required by `incremental` (a time without offset is UTC). */
  highWaterMark: z.string().min(1).optional(),
  includeHistory: z.boolean().default(false),
  onTableError: onTableErrorSchema.default('fail'),
  poll: pollSchema.prefault({}),
  /** Tables received at the same time. */
  concurrency: concurrencySchema.default(8),
  /** Exports under way at the server at the same time. */
  exportsInFlight: concurrencySchema.default(50),
};

/** Input of `titanConventionDownload`. */
export const titanConventionDownloadInputSchema = z
  .strictObject({
    ...exportOptionsShape,
    domain: z.string().min(1),
    tables: z.array(z.string().min(1)).min(1).optional(),
    /** Name of the connection that receives the tables under their convention keys. */
    store: z.string().min(1),
  })
  .refine((input) => input.pattern !== 'incremental' || input.highWaterMark !== undefined, {
    path: ['highWaterMark'],
    message: "pattern 'incremental' needs a highWaterMark",
  });

const domainsShape = {
  /** Display names; every domain of the tenant when left out. */
  domains: z.array(z.string().min(1)).min(1).optional(),
  /** Domains in work at the same time. */
  domainsInFlight: z.int().min(1).max(50).default(5),
  /** What a failed domain means for the others: let them finish and fail at the end, or stop starting new ones. */
  onDomainError: z.enum(['continue', 'stop']).default('continue'),
};

const uploadDomain = titanConventionUploadInputSchema.omit({ domain: true, tables: true, patterns: true });

/** Input of `titanSyncDomains`. */
export const titanSyncDomainsInputSchema = z.discriminatedUnion('direction', [
  z.strictObject({ ...uploadDomain.shape, ...domainsShape, direction: z.literal('upload') }),
  z.strictObject({
    ...exportOptionsShape,
    store: z.string().min(1),
    ...domainsShape,
    direction: z.literal('download'),
  }),
]);

/** As a caller writes it (defaults left out). */
export type TitanImportBatchInput = z.input<typeof titanImportBatchInputSchema>;
export type TitanConventionUploadInput = z.input<typeof titanConventionUploadInputSchema>;
export type TitanConventionDownloadInput = z.input<typeof titanConventionDownloadInputSchema>;
export type TitanSyncDomainsInput = z.input<typeof titanSyncDomainsInputSchema>;
