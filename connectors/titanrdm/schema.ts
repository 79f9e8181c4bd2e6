import { z } from 'zod';
import { isRecord } from '../http/is-record.js';

// Shapes of TitanRDM's replies, as titan-rdm-sdk 2.0.0 reads them. Replies may carry fields that we do not know:
// those pass unread (strictness is for what users write, tolerance for what a server adds).

/** Ids are integers in some places and UUIDs in others; both are opaque to us. */
export const idSchema = z.union([z.int(), z.string().min(1)]).transform(String);

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
/** A number, or a decimal text: some servers write exact decimals so. */
const number = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d+(\.\d+)?$/u)
      .transform(Number),
  ])
  .nullish()
  .transform((value) => value ?? null);

/** Status of a reply that tells none though its action was done. No status of the server: it counts as unfinished. */
export const UNKNOWN_STATUS = 'unknown';

export const tokenSchema = z.object({
  access_token: z.string().min(1),
  expires_in: z.number().positive().nullish(),
});

export const branchSchema = z.object({
  id: idSchema,
  name: z.string(),
  branch_type: text,
  status: text,
  owner: z.object({ id: idSchema.nullish(), email: text }).nullish(),
  owner_id: idSchema.nullish(),
});
export type Branch = z.infer<typeof branchSchema>;

export const domainSchema = z.object({ id: idSchema, name: z.string(), abbreviation: z.string(), description: text });
export type Domain = z.infer<typeof domainSchema>;

export const columnSchema = z.object({
  name: z.string(),
  data_type: text,
  length: number,
  is_primary_key: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  is_required: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  is_deleted: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  display_order: number,
});
export type Column = z.infer<typeof columnSchema>;

export const deployedTableSchema = z
  .object({
    id: idSchema,
    key: idSchema,
    name: z.string(),
    database_table_name: z.string(),
    domain: z.object({ id: idSchema.nullish(), name: text, abbreviation: text }).nullish(),
    deployed_column_definitions: z.array(columnSchema).nullish(),
    column_definitions: z.array(columnSchema).nullish(),
  })
  .transform(({ deployed_column_definitions, column_definitions, ...table }) => ({
    ...table,
    /** Live columns only, in display order. */
    columns: (deployed_column_definitions ?? column_definitions ?? [])
      .filter((column) => !column.is_deleted)
      .sort((a, b) => (a.display_order ?? 0) - (b.display_order ?? 0)),
  }));
export type DeployedTable = z.infer<typeof deployedTableSchema>;

export const importMappingSchema = z.object({
  id: idSchema,
  key: idSchema,
  name: text,
  is_default: z.boolean().nullish(),
  mapping_config: z.unknown().optional(),
});
export type ImportMapping = z.infer<typeof importMappingSchema>;

const countsShape = {
  insert_row_count: number,
  update_row_count: number,
  delete_row_count: number,
  duration_secs: number,
  file_size: number,
};

export const importSchema = z.object({
  id: idSchema,
  status: z.string(),
  message: text,
  description: text,
  correlation_code: text,
  ...countsShape,
});
export type Import = z.infer<typeof importSchema>;

export const importTableSchema = z.object({
  id: idSchema,
  status: text,
  message: text,
  /** Secret: never logged, never stored. */
  signed_s3_url: text,
  correlation_code: text,
  ...countsShape,
});
export type ImportTable = z.infer<typeof importTableSchema>;

export const importResultTableSchema = z
  .object({
    id: idSchema,
    status: text,
    message: text,
    pattern: text,
    correlation_code: text,
    deployed_table_definition: z.object({ key: idSchema.nullish(), name: text }).nullish(),
    table_definition_key: idSchema.nullish(),
    ...countsShape,
  })
  .transform((table) => ({
    ...table,
    tableKey: table.deployed_table_definition?.key ?? table.table_definition_key ?? null,
  }));

const resultTables = z.array(importResultTableSchema).nullish();

/** `{import, import_tables}`; the list may also be called `tables` or `results`, and a body without `import` is the import. */
export const importResultSchema = z
  .preprocess(
    (reply) => (isRecord(reply) && !isRecord(reply['import']) ? { ...reply, import: reply } : reply),
    z.object({ import: importSchema, import_tables: resultTables, tables: resultTables, results: resultTables }),
  )
  .transform((reply) => ({
    import: reply.import,
    /** Null when the server does not list them: then nobody can tell which tables the import holds. */
    tables: reply.import_tables ?? reply.tables ?? reply.results ?? null,
  }));
export type ImportResult = z.infer<typeof importResultSchema>;

export const exportSchema = z.object({
  id: idSchema,
  status: z.string(),
  message: text,
  rows_exported: number,
  files_exported: number,
  bytes_exported: number,
  compressed: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  /** Secret: never logged, never stored. A list where an export has several files. */
  download_url: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .transform((value) => value ?? null),
  download_urls: z.array(z.string()).nullish(),
  started_datetime: text,
  complete_datetime: text,
});
export type Export = z.infer<typeof exportSchema>;

/** What the status of an export means. Any status that is not known counts as running. */
export function exportState(status: string): 'running' | 'ready' | 'failed' {
  // `ready` is what older servers say for `completed`.
  if (status === 'completed' || status === 'ready') return 'ready';
  return status === 'failed' ? 'failed' : 'running';
}
