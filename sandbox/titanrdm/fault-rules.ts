import { z } from 'zod';
import { COMMON_FAULT_KINDS, commonMatchShape, commonRuleShape } from '../http/fault-rules.js';

/**
 * Beside the common kinds (`sandbox/http/fault-rules.ts`): before anything is done, `unauthorized`; to the work itself, `expiredUrl` (on
 * `import_tables.new`, `exports.get`), `importFailed`, `importNeverEnds` (on `imports.complete`), `exportFailed`, `exportNeverEnds` (on
 * `exports.new`).
 */
export const FAULT_KINDS = [
  ...COMMON_FAULT_KINDS,
  'unauthorized',
  'expiredUrl',
  'importFailed',
  'importNeverEnds',
  'exportFailed',
  'exportNeverEnds',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** The product's routes, as rules and the request log name them. */
export const ROUTE_NAMES = [
  'token',
  'branches.list',
  'branches.get',
  'domains.list',
  'domains.get',
  'deployed_tables.list',
  'deployed_tables.lookup',
  'mappings.list',
  'imports.new',
  'import_tables.new',
  'upload.put',
  'import_tables.upload_complete',
  'import_tables.upload_failed',
  'imports.complete',
  'imports.get',
  'exports.new',
  'exports.get',
  'download.get',
] as const;

/** A fault and the calls that it befalls. The first rule that matches a call, and has not run out, takes it. */
export const faultRuleSchema = z.strictObject({
  ...commonRuleShape,
  kind: z.enum(FAULT_KINDS),
  match: z
    .strictObject({
      ...commonMatchShape(ROUTE_NAMES),
      /** Convention key or key of the table that the call is about, where it is about one. */
      table: z.string().optional(),
    })
    .default({}),
  /** `unauthorized`: every token issued so far is refused from now on. */
  revokeTokens: z.boolean().default(false),
});
export type FaultRule = z.output<typeof faultRuleSchema>;
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
