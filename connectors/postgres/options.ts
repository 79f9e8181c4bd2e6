import { z } from 'zod';
import type { PoolConfig } from 'pg';

/** How to reach a database. */
export const postgresOptionsSchema = z.strictObject({
  /** `postgres://host:port/database`, user and password may be in it. No query: what it would say has a key of its own here. */
  url: z
    .string()
    .refine(
      (text) => addressOf(text) !== undefined,
      'expected postgres://host:port/database without query or fragment',
    ),
  /** Left out: the one in the address, else PGUSER, else the name of the system's user. */
  user: z.string().min(1).optional(),
  /** Left out: the one in the address, else PGPASSWORD, else the file .pgpass. */
  password: z.string().optional(),
  /**
   * `verify-full` checks the server's certificate and its name, `require` encrypts without a check, `disable` does not encrypt.
   * Left out: `disable` where the host is this machine, else `verify-full`.
   */
  ssl: z.enum(['disable', 'require', 'verify-full']).optional(),
  /** Most sessions at a time, besides one that looks after blocked statements and one that helps an ingest (`sessions`). */
  maxConnections: z.int().min(1).max(1_000).default(10),
  /** Longest time for one statement, COPY included. Left out: the server's own. */
  statementTimeoutSeconds: z.number().positive().max(604_800).optional(),
  /** Longest wait for a lock. Left out: the server's own, which is normally for ever; who is in the way is reported all the while. */
  lockTimeoutSeconds: z.number().positive().max(604_800).optional(),
  connectTimeoutSeconds: z.number().positive().max(3_600).default(15),
  /** What `pg_stat_activity` calls the sessions. */
  applicationName: z.string().min(1).max(63).default('tidemark'),
});
/** As a caller writes them. */
export type PostgresOptions = z.input<typeof postgresOptionsSchema>;
export type PostgresSettings = z.infer<typeof postgresOptionsSchema>;

/** The driver's own options. */
export function poolConfigOf(settings: PostgresSettings): PoolConfig {
  const url = addressOf(settings.url);
  // The schema has checked it.
  if (url === undefined) throw new TypeError('an address that is none');
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/u, '$1');
  const user = settings.user ?? (url.username === '' ? undefined : decodeURIComponent(url.username));
  const password = settings.password ?? (url.password === '' ? undefined : decodeURIComponent(url.password));
  const ssl = settings.ssl ?? (isThisMachine(host) ? 'disable' : 'verify-full');
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ssl: ssl === 'disable' ? false : { rejectUnauthorized: ssl === 'verify-full' },
    max: settings.maxConnections,
    connectionTimeoutMillis: settings.connectTimeoutSeconds * 1_000,
    application_name: settings.applicationName,
    keepAlive: true,
    ...(settings.statementTimeoutSeconds === undefined
      ? {}
      : { statement_timeout: Math.ceil(settings.statementTimeoutSeconds * 1_000) }),
    ...(settings.lockTimeoutSeconds === undefined
      ? {}
      : { lock_timeout: Math.ceil(settings.lockTimeoutSeconds * 1_000) }),
  };
}

function addressOf(text: string): URL | undefined {
  if (!/^postgres(?:ql)?:\/\/[^/]+\/[^/?#]+$/u.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.hostname === '' ? undefined : url;
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d+){3}$/u.test(host);
}
