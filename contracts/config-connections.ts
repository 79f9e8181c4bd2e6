import { z } from 'zod';

// To add a type of connection: its schema here, an entry in `connectionSchema` and in `CONNECTION_ROLES`. The loader, the JSON Schema
// and the check of names follow; what opens it is registered in the workers' composition root.

/** Name of a connection, query or pipeline: it becomes part of workflow ids and file names. */
export const configNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'a name holds letters, digits, ".", "_" and "-", at most 100');

/** The word that stands for the local sandbox in place of an address: `tidemark dev` starts one and puts its address in. */
export const SANDBOX_URL = 'sandbox';

/** The word that stands for a local PostgreSQL in place of an address: `tidemark dev` starts one and puts its address in. */
export const EMBEDDED_URL = 'embedded';

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
  /** A TitanRDM tenant. */
  type: z.literal('titanrdm'),
  /** Address of the tenant, for instance `https://acme.titanrdm.com`; or `sandbox`. */
  url: z.union([z.literal(SANDBOX_URL), webAddress]),
  /** Id of the client that the tenant has registered. */
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
  /** A folder of tables. */
  type: z.literal('files'),
  /** The folder; a relative one starts at the folder of the config file. */
  path: z.string().min(1),
  /** Format of the files that are written, and the one preferred when both are there. */
  format: z.enum(['csv', 'parquet']).optional(),
});

const postgresAddress = z
  .url({ protocol: /^postgres(ql)?$/, error: 'expected a postgres:// or postgresql:// address' })
  .refine((value) => !/^\w+:\/\/[^/]*@/.test(value) && !/[?#]/.test(value), {
    error:
      'an address must hold no user name, password, query or fragment: user, password and ssl have keys of their own',
  })
  .refine((value) => /^\w+:\/\/[^/]+\/[^/]+$/.test(value), {
    error: 'expected an address with host and database, for instance postgres://db.example.com:5432/warehouse',
  });

/** A database of PostgreSQL: a store of tables, and a source and target of ingests. */
export const postgresConnectionSchema = z.strictObject({
  /** A database of PostgreSQL. */
  type: z.literal('postgres'),
  /** Address of the database, for instance `postgres://db.example.com:5432/warehouse`; or `embedded`. */
  url: z.union([z.literal(EMBEDDED_URL), postgresAddress]),
  /** Left out: the variable PGUSER, else the name of the system's user. */
  user: z.string().min(1).optional(),
  /** Secret: write `${ENV}`, so that it is in no file. Left out: the variable PGPASSWORD, else the file .pgpass. */
  password: z.string().min(1).optional(),
  /**
   * `verify-full` checks the server's certificate and its name (a CA of one's own: NODE_EXTRA_CA_CERTS), `require` encrypts without
   * a check, `disable` does not encrypt. Left out: `verify-full`, or `disable` where the host is this machine.
   */
  ssl: z.enum(['disable', 'require', 'verify-full']).optional(),
  /** Schema whose tables are the store's. */
  schema: z.string().min(1).max(63).default('public'),
  /** Queries that a pipeline may name as a source, each a single SELECT. */
  queries: z.record(configNameSchema, z.string().min(1)).default({}),
  /** Whether a source may hold SQL of its own in place of a query's name. Then `user` should be a read-only role. */
  allowQueries: z.boolean().default(false),
  /** What becomes of a row that the tenant has deleted: removed, or marked as deleted. */
  deletes: z.enum(['hard', 'soft']).default('hard'),
  /** Most sessions of one worker. Left out: the connector's default. */
  maxConnections: z.int().min(1).max(1_000).optional(),
  /** Longest time for one statement. Left out: the server's own. */
  statementTimeoutSeconds: z.number().positive().max(604_800).optional(),
  /** Longest wait for a lock. Left out: the connector's default. */
  lockTimeoutSeconds: z.number().positive().max(604_800).optional(),
});

/** A site of Teamworks AMS. */
export const amsConnectionSchema = z.strictObject({
  type: z.literal('ams'),
  /** Address of the instance with the name of the site, for instance `https://example.smartabase.com/site`; or `sandbox`. */
  url: z.union([
    z.literal(SANDBOX_URL),
    webAddress.refine((value) => /^https?:\/\/[^/]+\/.*[^/]/i.test(value), {
      error: 'an address of AMS ends with the name of the site, for instance https://example.smartabase.com/site',
    }),
  ]),
  /** The login name, which is not the e-mail address. Left out: the variable AMS_USERNAME. */
  username: z.string().min(1).optional(),
  /** Secret: write `${ENV}`, so that it is in no file. Left out: the variable AMS_PASSWORD. */
  password: z.string().min(1).optional(),
  /** Most requests of one worker under way at a time, whatever its runs ask for. Left out: the connector's default. */
  maxInFlight: z.int().min(1).max(1_000).optional(),
  /** What tells AMS which program calls (`X-APP-ID`). Left out: the connector's default. */
  appId: z.string().min(1).optional(),
  /** Seconds. Left out: the connector's defaults. */
  timeouts: titanTimeoutsSchema.pick({ connectSeconds: true, requestSeconds: true }).optional(),
  retry: titanRetrySchema.optional(),
});

export const connectionSchema = z.discriminatedUnion('type', [
  titanRdmConnectionSchema,
  filesConnectionSchema,
  postgresConnectionSchema,
  amsConnectionSchema,
]);
export type ConnectionConfig = z.infer<typeof connectionSchema>;
export type TitanRdmConnectionConfig = z.infer<typeof titanRdmConnectionSchema>;
export type FilesConnectionConfig = z.infer<typeof filesConnectionSchema>;
export type PostgresConnectionConfig = z.infer<typeof postgresConnectionSchema>;
export type AmsConnectionConfig = z.infer<typeof amsConnectionSchema>;
export type ConnectionType = ConnectionConfig['type'];

/** What a connection of each type can be in a pipeline: a tenant of TitanRDM, a store of tables, a folder of files, a database of PostgreSQL, a site of AMS. */
export const CONNECTION_ROLES = {
  titanrdm: ['tenant'],
  files: ['store', 'folder'],
  postgres: ['store', 'database'],
  ams: ['site'],
} as const satisfies Record<ConnectionType, readonly ('tenant' | 'store' | 'folder' | 'database' | 'site')[]>;
export type ConnectionRole = (typeof CONNECTION_ROLES)[ConnectionType][number];
