import { z } from 'zod';

/**
 * What can be changed while the sandbox runs. Where the fact sheet says that nobody knows what the product does,
 * the default is our choice and the comment says so.
 */
export const settingsSchema = z.strictObject({
  /** Milliseconds added to every API call (not to the signed file addresses). */
  latencyMs: z.number().nonnegative().default(0),
  /** Milliseconds from the creation of an export to its end, at least. */
  exportDelayMs: z.number().nonnegative().default(50),
  /** Milliseconds from `complete` to the end of an import's processing, at least. */
  importDelayMs: z.number().nonnegative().default(0),
  /** Life of upload and download addresses, in seconds. */
  signedUrlTtlSeconds: z.number().default(900),
  /** Life of tokens, in seconds: what `expires_in` says. */
  tokenTtlSeconds: z.int().positive().default(7_200),
  /** Seconds by which `created_at` of a token differs from the true time: a server whose clock is wrong. */
  tokenClockSkewSeconds: z.number().default(0),
  /** Whether `GET imports/:id` lists the tables before `complete`; `empty`: there is a list, and nothing in it. */
  listTablesBeforeComplete: z.union([z.boolean(), z.literal('empty')]).default(true),
  /** A tenant that has only full exports: an incremental one answers 422. */
  refuseIncremental: z.boolean().default(false),
  /** Every write answers 402, as for an account that has not paid. */
  accountOverdue: z.boolean().default(false),
  /** Status of a finished export: older servers say `ready`. */
  finishedExportStatus: z.enum(['completed', 'ready']).default('completed'),
  /** Field that holds a deployed table's columns: older servers say `column_definitions`. */
  columnsField: z.enum(['deployed_column_definitions', 'column_definitions']).default('deployed_column_definitions'),
  /** Leaves `meta` out of every page. */
  omitMeta: z.boolean().default(false),
  /** Spelling of `trdm_is_deleted`: older files use `t`/`f`. */
  booleans: z.enum(['true/false', 't/f']).default('true/false'),
  /** Exports are gzip files and say `compressed: true`; `bytes_exported` counts the packed bytes. */
  compressExports: z.boolean().default(false),
  /** Exports longer than this many rows come in several files, each with a header. 0: always one file. */
  exportRowsPerFile: z.int().nonnegative().default(0),
  /** Where an export of several files lists their addresses. Our choice: nothing documents it. */
  exportFileList: z.enum(['download_urls', 'download_url']).default('download_urls'),
  /** Largest upload in bytes, answered by 400; 0: no limit. The public pages say 100 MB, and the measured client sends more. */
  maxUploadBytes: z.int().nonnegative().default(0),
  /** A table that fails: nothing of its import is applied (what the documentation says of repeated keys), or the others are. */
  onFailedTable: z.enum(['failImport', 'failTable']).default('failImport'),
  /** A `d` for a key that has no live record: passed over, or the table fails. Our choice: nothing documents it. */
  deleteOfUnknownKey: z.enum(['ignore', 'fail']).default('ignore'),
});
export type SandboxSettings = z.infer<typeof settingsSchema>;
export type SandboxSettingsInput = { [K in keyof SandboxSettings]?: SandboxSettings[K] | undefined };
