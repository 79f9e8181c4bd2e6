import { z } from 'zod';
import { tableReferenceSchema } from './table-reference.js';
import {
  concurrencySchema,
  exportPatternSchema,
  importOptionsShape,
  importPatternSchema,
  branchSelectorSchema,
  onEmptySchema,
  onTableErrorSchema,
  pipelineNameSchema,
  pollSchema,
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
  pattern: importPatternSchema.optional(),
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

/** Input of `titanConventionUpload`. */
export const titanConventionUploadInputSchema = z.strictObject({
  ...importOptionsShape,
  /** Exact display name of the domain. */
  domain: z.string().min(1),
  /** Only these tables, by display or physical name. An unknown name is an error. */
  tables: z.array(z.string().min(1)).min(1).optional(),
  /** Pattern of single tables, by display or physical name. */
  patterns: z.record(z.string(), importPatternSchema).optional(),
  /** Name of the connection that holds the tables under their convention keys. */
  store: z.string().min(1),
});

const exportOptionsShape = {
  version: z.literal(1).default(1),
  pipeline: pipelineNameSchema.optional(),
  /** Name of a connection of type `titanrdm`. */
  connection: z.string().min(1),
  branch: branchSelectorSchema,
  /** Traceable text kept by the server; one is derived from it for each table. Default: workflow id and run id. */
  correlationCode: z.string().min(1).max(200).optional(),
  pattern: exportPatternSchema.default('full'),
  /** ISO 8601 instant, required by `incremental` (a time without offset is UTC). */
  highWaterMark: z.string().min(1).optional(),
  /** Also the former versions of records. */
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
    /** Exact display name of the domain. */
    domain: z.string().min(1),
    /** Only these tables, by display or physical name. An unknown name is an error. */
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

/** As a caller writes it (defaults left out). */
export type TitanImportBatchInput = z.input<typeof titanImportBatchInputSchema>;
export type TitanConventionUploadInput = z.input<typeof titanConventionUploadInputSchema>;
export type TitanConventionDownloadInput = z.input<typeof titanConventionDownloadInputSchema>;
export type TitanSyncDomainsInput = z.input<typeof titanSyncDomainsInputSchema>;
