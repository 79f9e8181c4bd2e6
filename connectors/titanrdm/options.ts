import { z } from 'zod';
import { titanError } from './errors.js';

/** One thing that the client did, for logs and metrics. Never holds a secret, an address's query or a row. */
export interface TitanLogEntry {
  level: 'debug' | 'warn';
  /** `call`: a reply came. `retry`: a try failed and another follows. `token`: a new token was fetched. */
  event: 'call' | 'retry' | 'token';
  /** Method and path, or what was going on: `POST /api/imports/new`, `upload to bucket.example`. */
  what: string;
  status?: number;
  /** Milliseconds that the call took. */
  durationMs?: number;
  /** Tries made so far. */
  attempt?: number;
  /** Milliseconds until the next try. */
  delayMs?: number;
  /** Code of the error that caused a retry. */
  code?: string;
}

const milliseconds = z.number().int().positive().max(2_147_483_647);

const urlSchema = z
  .url({ protocol: /^https?$/u, error: 'must be an http or https address, for instance https://acme.titanrdm.com' })
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const { username, password, search, hash } = new URL(text);
    return username + password + search + hash === '';
  }, 'must not contain a user, a query or a fragment')
  .transform((text) => text.replace(/\/+$/u, ''));

export const titanRdmClientOptionsSchema = z.strictObject({
  /** Address of the tenant; it differs between tenants and is never derived. */
  url: urlSchema,
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  /** Milliseconds. */
  timeouts: z
    .strictObject({
      /** Looking up the name, connecting, and the TLS handshake, each. */
      connectMs: milliseconds.default(10_000),
      /** One whole API call, its reply included. */
      requestMs: milliseconds.default(30_000),
      /** The same for completing an import, which a server may do slowly. */
      completeMs: milliseconds.default(300_000),
      /** Longest time that an upload or download may stand still; the whole may take as long as it needs. */
      transferIdleMs: milliseconds.default(300_000),
    })
    .prefault({}),
  /** Tries after the first for calls that may be repeated. */
  retry: z
    .strictObject({
      limit: z.int().min(0).max(100).default(5),
      firstDelayMs: milliseconds.default(500),
      maxDelayMs: milliseconds.default(30_000),
    })
    .prefault({}),
  /** Largest file that is sent, in bytes (100 MB by TitanRDM's documentation). */
  maxFileBytes: z.int().positive().default(100_000_000),
  /** Entries per page of a list; TitanRDM allows up to 1000. */
  pageSize: z.int().min(1).max(1_000).default(100),
  userAgent: z.string().min(1).default('tidemark'),
  /** Called for each call, retry and token. */
  log: z
    .custom<(entry: TitanLogEntry) => void>((value) => typeof value === 'function', 'must be a function')
    .optional(),
});

/** As a caller writes them. Unknown keys are refused. */
export type TitanRdmClientOptions = z.input<typeof titanRdmClientOptionsSchema>;
/** With every default filled in. */
export type TitanRdmSettings = z.output<typeof titanRdmClientOptionsSchema>;

/** Error `TITAN_BAD_OPTIONS` names each wrong option, never its value. */
export function parseOptions(options: unknown): TitanRdmSettings {
  const result = titanRdmClientOptionsSchema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'options'}: ${issue.message}`);
  throw titanError('TITAN_BAD_OPTIONS', `Wrong options of a TitanRDM connection: ${problems.join('; ')}`);
}
