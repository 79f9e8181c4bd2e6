import { z } from 'zod';

// To add a type of connection: its schema here, an entry in `connectionSchema` and in `CONNECTION_ROLES`. The loader, the JSON Schema
// and the check of names follow; what opens it is registered in the workers' composition root.

/** The word that stands for the local sandbox in place of an address: `tidemark dev` starts one and puts its address in. */
export const SANDBOX_URL = 'sandbox';

const webAddress = z
  .url({ protocol: /^https?$/, error: 'expected an http:// or https:// address' })
  // A password or token in an address would show wherever the address is shown.
  .refine((value) => !/^https?:\/\/[^/]*@/i.test(value) && !/[?#]/.test(value), {
    error: 'an address must hold no user name, password, query or fragment: credentials have keys of their own',
  });

/** Seconds that a TitanRDM connection waits. Left out: the connector's defaults. */
export const titanTimeoutsSchema = z.strictObject({
  /** Looking up the name, connecting, and the TLS handshake, each. */
  connectSeconds: z.number().positive().max(3_600).optional(),
  /** One API call, from request to reply. */
  requestSeconds: z.number().positive().max(3_600).optional(),
  /** `complete`, which some servers answer only after they processed the import. */
  completeSeconds: z.number().positive().max(86_400).optional(),
  /** A file transfer in which no byte moves. */
  transferIdleSeconds: z.number().positive().max(3_600).optional(),
});

/** How calls that are safe to repeat are repeated. Left out: the connector's defaults. */
export const titanRetrySchema = z.strictObject({
  /** Tries in all, the first included. 1 means: never repeated. */
  attempts: z.int().min(1).max(20).optional(),
  /** Longest wait between two tries, in seconds, Retry-After included. */
  maxDelaySeconds: z.number().positive().max(3_600).optional(),
});

/** A TitanRDM tenant. */
export const titanRdmConnectionSchema = z.strictObject({
  type: z.literal('titanrdm'),
  /** Address of the tenant, for instance `https://acme.titanrdm.com`; or `sandbox`. */
  url: z.union([z.literal(SANDBOX_URL), webAddress]),
  clientId: z.string().min(1),
  /** Secret: write `${ENV}`, so that it is in no file. */
  clientSecret: z.string().min(1),
  /** Largest import file the tenant takes, in bytes. TitanRDM documents 100 MB. */
  maxFileBytes: z.int().positive().optional(),
  timeouts: titanTimeoutsSchema.optional(),
  retry: titanRetrySchema.optional(),
});

/** A folder of tables, one file each, named by the convention key. */
export const filesConnectionSchema = z.strictObject({
  type: z.literal('files'),
  /** The folder; a relative one starts at the folder of the config file. */
  path: z.string().min(1),
  /** Format of the files that are written, and the one preferred when both are there. */
  format: z.enum(['csv', 'parquet']).optional(),
});

export const connectionSchema = z.discriminatedUnion('type', [titanRdmConnectionSchema, filesConnectionSchema]);
export type ConnectionConfig = z.infer<typeof connectionSchema>;
export type TitanRdmConnectionConfig = z.infer<typeof titanRdmConnectionSchema>;
export type FilesConnectionConfig = z.infer<typeof filesConnectionSchema>;
export type ConnectionType = ConnectionConfig['type'];

/** What a connection of each type can be in a pipeline: a tenant of TitanRDM, or a store of tables. */
export const CONNECTION_ROLES = {
  titanrdm: 'tenant',
  files: 'store',
} as const satisfies Record<ConnectionType, 'tenant' | 'store'>;
export type ConnectionRole = (typeof CONNECTION_ROLES)[ConnectionType];
