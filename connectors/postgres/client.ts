import pg from 'pg';
import type { PoolClient } from 'pg';
import { TidemarkError } from '../../contracts/errors.js';
import { commit } from './commit.js';
import { postgresFailure } from './errors.js';
import { poolConfigOf, postgresOptionsSchema, type PostgresOptions, type PostgresSettings } from './options.js';
import { Slots } from '../common/slots.js';

export interface UseOptions {
  /** Aborted: the running statement is cancelled at the server, the connection ended, and the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A session that a piece of work has to itself. */
export type Work<T> = (client: PoolClient) => Promise<T>;

/** Sessions that fail, or are left in the middle of something, end; those that are reused are as good as new ones. */
export class Postgres {
  readonly settings: PostgresSettings;
  readonly #pool: pg.Pool;
  readonly #slots: Slots;

  /** Connects when it is first used. Throws `POSTGRES_OPTIONS` for options that are none. */
  constructor(options: PostgresOptions) {
    const parsed = postgresOptionsSchema.safeParse(options);
    // Paths and rules only: an address may hold a password.
    if (!parsed.success)
      throw new TidemarkError(
        `Options of PostgreSQL: ${parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'options'}: ${message}`).join('; ')}.`,
        { code: 'POSTGRES_OPTIONS', retryable: false, mend: 'Mend them.' },
      );
    this.settings = parsed.data;
    this.#slots = new Slots(parsed.data.maxConnections);
    // The pool waits for it, which its types do not say.
    // eslint-disable-next-line @typescript-eslint/no-misused-promises
    this.#pool = new pg.Pool({ ...poolConfigOf(parsed.data), onConnect: prepareSession });
    // An idle session that the server ends is replaced when it is wanted next.
    this.#pool.on('error', () => undefined);
  }

  /** Sessions that are open now. */
  get openConnections(): number {
    return this.#pool.totalCount;
  }

  /** Lends a session to `work`, waiting for one where all are busy. After an error, or left inside a transaction, it is ended, never handed on. */
  async use<T>(work: Work<T>, { signal }: UseOptions = {}): Promise<T> {
    const giveBack = await this.#slots.take(signal);
    try {
      return await this.#useNow(work, signal);
    } finally {
      giveBack();
    }
  }

  async #useNow<T>(work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    const client = await this.#connect();
    // A session that breaks while nothing is asked of it: the next query says so.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let isSound = false;
    try {
      signal?.throwIfAborted();
      const result = await this.#untilAborted(client, work(client), signal);
      isSound = client.getTransactionStatus() === 'I';
      return result;
    } finally {
      client.removeListener('error', ignore);
      client.release(!isSound);
    }
  }

  /**
   * Runs `work` between BEGIN and COMMIT. A failed COMMIT whose outcome nobody knows is `POSTGRES_COMMIT_UNKNOWN`: the caller reads what
   * is there before it repeats anything.
   */
  transaction<T>(work: Work<T>, options: UseOptions = {}): Promise<T> {
    return this.use(async (client) => {
      await client.query('BEGIN');
      const result = await work(client);
      await commit(client);
      return result;
    }, options);
  }

  /** Tries that the database can be reached and used. Returns the server's version, for instance `18.4`. */
  check(options: UseOptions = {}): Promise<{ version: string }> {
    return this.use(async (client) => {
      const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
      return { version: rows[0]?.version ?? '' };
    }, options);
  }

  /** A session besides the pool's: it is to be had even when all of them are busy. The caller ends it. */
  async connectAside(): Promise<pg.Client> {
    const client = new pg.Client(poolConfigOf(this.settings));
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Waits for work that is under way, then ends all sessions. */
  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw postgresFailure(error, { doing: 'connecting' });
    }
  }

  /** Never waits for work that does not end when it is told to. */
  async #untilAborted<T>(client: PoolClient, work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal === undefined) return work;
    let stop = (): void => undefined;
    const aborted = new Promise<'aborted'>((resolve) => {
      stop = () => resolve('aborted');
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
    });
    try {
      // What the work still throws after an abort is of the abort's making.
      work.catch(() => undefined);
      const first = await Promise.race([work.then((result) => ({ result })), aborted]);
      if (first !== 'aborted') return first.result;
      throw signal.reason;
    } catch (error) {
      if (signal.aborted) {
        await this.#cancel(client);
        throw signal.reason;
      }
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Ends the statement that the session runs, so that its locks are gone at once: a session notices late that its client has left. */
  async #cancel(client: PoolClient): Promise<void> {
    const pid = processIdOf(client);
    if (pid === undefined) return;
    try {
      const aside = await this.connectAside();
      try {
        await aside.query('SELECT pg_cancel_backend($1)', [pid]);
      } finally {
        await aside.end();
      }
    } catch {
      // The server cannot be reached: the session ends when it finds its client gone.
    }
  }
}

/** Process id of the session at the server. */
export function processIdOf(client: pg.ClientBase): number | undefined {
  // The driver has it, its types have not.
  const pid: unknown = Reflect.get(client, 'processID');
  return typeof pid === 'number' ? pid : undefined;
}

/**
 * What values look like in text must not depend on how the role is set up; the order of day and month in input stays as it is.
 * A client that died is noticed within seconds, even by a long statement (PostgreSQL 14 on Linux and newer).
 * Where nobody has said anything about `jit`, it is off, as PostgreSQL 19 has it by default: the questions about a table, which read much of the
 * catalogue, would each be compiled first, for longer than they take.
 */
async function prepareSession(client: pg.ClientBase): Promise<void> {
  await client.query(`SELECT set_config(name, CASE name
      WHEN 'DateStyle' THEN 'ISO' WHEN 'IntervalStyle' THEN 'postgres' WHEN 'bytea_output' THEN 'hex' WHEN 'extra_float_digits' THEN '1'
      WHEN 'client_min_messages' THEN 'warning' WHEN 'jit' THEN 'off' ELSE '5s' END, false)
    FROM pg_catalog.pg_settings
    WHERE name IN ('DateStyle', 'IntervalStyle', 'bytea_output', 'extra_float_digits', 'client_min_messages')
      OR (name = 'jit' AND source = 'default')
      OR (name = 'client_connection_check_interval' AND version() LIKE '%linux%')`);
}
