import { z } from 'zod';
import { callLog, milliseconds, retryTries, webAddress, wrongOptions } from '../http/option-schemas.js';
import { titanError } from './errors.js';

export const titanRdmClientOptionsSchema = z.strictObject({
  /** Address of the tenant; it differs between tenants and is never derived. */
  url: webAddress('https://acme.titanrdm.com'),
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
  retry: retryTries,
  /** Largest file that is sent, in bytes (100 MB by TitanRDM's documentation). */
  maxFileBytes: z.int().positive().default(100_000_000),
  /** Entries per page of a list; TitanRDM allows up to 1000. */
  pageSize: z.int().min(1).max(1_000).default(100),
  userAgent: z.string().min(1).default('tidemark'),
  /** Called for each call, retry and token. */
  log: callLog,
});

/** As a caller writes them. Unknown keys are refused. */
export type TitanRdmClientOptions = z.input<typeof titanRdmClientOptionsSchema>;
/** With every default filled in. */
export type TitanRdmSettings = z.output<typeof titanRdmClientOptionsSchema>;

/** Error `TITAN_BAD_OPTIONS` names each wrong option, never its value. */
export function parseOptions(options: unknown): TitanRdmSettings {
  const result = titanRdmClientOptionsSchema.safeParse(options);
  if (result.success) return result.data;
  throw titanError('TITAN_BAD_OPTIONS', wrongOptions('a TitanRDM connection', result.error));
}
