import { z } from 'zod';

/**
 * What a fault does. Before anything is done: `status`, `unauthorized`, `noContent`, `notJson`, `wrongShape`, `reset`, `hang`.
 * While or after the work is done: `slow` (the work comes after the delay), `trickle`, `resetMidBody`, `lostReply`, `truncated`.
 * To the work itself: `expiredUrl` (on `import_tables.new`, `exports.get`), `importFailed`, `importNeverEnds` (on
 * `imports.complete`), `exportFailed`, `exportNeverEnds` (on `exports.new`).
 */
export const FAULT_KINDS = [
  'status',
  'unauthorized',
  'noContent',
  'notJson',
  'wrongShape',
  'reset',
  'hang',
  'slow',
  'trickle',
  'resetMidBody',
  'lostReply',
  'truncated',
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

// A misspelt route would be a fault that never happens, and a test that proves nothing.
const routeName = z
  .string()
  .refine((name) => ROUTE_NAMES.some((known) => known === name), 'not the name of a route (see ROUTE_NAMES)');

const regex = z.string().refine((text) => {
  try {
    new RegExp(text);
    return true;
  } catch {
    // The refinement's message says it.
    return false;
  }
}, 'not a regular expression');

/** A fault and the calls that it befalls. The first rule that matches a call, and has not run out, takes it. */
export const faultRuleSchema = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  /** Name that the fault log repeats. */
  label: z.string().optional(),
  match: z
    .strictObject({
      method: z.string().optional(),
      /** Regular expression on the path, without its query. */
      path: regex.optional(),
      /** One or several of {@link ROUTE_NAMES}. */
      route: z.union([routeName, z.array(routeName)]).optional(),
      /** Convention key or key of the table that the call is about, where it is about one. */
      table: z.string().optional(),
    })
    .default({}),
  /** Matching calls that pass before the first fault. */
  skip: z.int().nonnegative().default(0),
  /** Faults until the rule has run out; without end when left out. */
  times: z.int().positive().optional(),
  /** Chance that a matching call is hit, drawn from a generator seeded by `seed`. */
  probability: z.number().min(0).max(1).default(1),
  seed: z.int().default(1),
  /** `status`: the HTTP status. */
  status: z.int().min(200).max(599).default(500),
  /** `status`: a JSON error, a text, or no body. */
  body: z.enum(['json', 'text', 'none']).default('json'),
  /** `status`: value of the Retry-After header. */
  retryAfter: z.union([z.string(), z.number()]).optional(),
  /** `status`, `exportFailed`, `importFailed`: the error text. */
  message: z.string().optional(),
  /** `slow`: milliseconds before the work. */
  delayMs: z.number().nonnegative().default(1_000),
  /** `trickle`: bytes of the reply's body each second. */
  bytesPerSecond: z.number().positive().default(100),
  /** `resetMidBody`, `truncated`: bytes that pass; half of the body when left out. */
  afterBytes: z.int().nonnegative().optional(),
  /** `unauthorized`: every token issued so far is refused from now on. */
  revokeTokens: z.boolean().default(false),
});
export type FaultRule = z.output<typeof faultRuleSchema>;
export type FaultRuleInput = z.input<typeof faultRuleSchema>;
