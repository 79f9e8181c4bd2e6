import type { Client, ClientBase } from 'pg';
import { type Postgres, processIdOf } from '../client.js';
import { postgresFailure } from '../errors.js';
import type { BlockingSession } from '../port.js';

const EVERY_MS = 1_000;
/** Who waits for several locks gives back those that it has now and then, and is in nobody's way for a moment: that does not end the wait. */
const LOOKS_UNTIL_FREE = 3;

export interface MonitorOptions {
  /** Sessions in the way are ended after so many seconds of waiting; left out: never. */
  endAfterSeconds: number | undefined;
  /** Told while something is in the way, each second, and once with an empty list when the way is free. */
  onWaiting: (sessions: BlockingSession[]) => void;
}

/** Looks each second, from a session of its own, at who keeps another session waiting. */
export class LockMonitor {
  /** Aborted with the reason when sessions in the way should be ended and cannot. */
  readonly failed: AbortSignal;
  readonly #failure = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #client: Client | undefined;
  #look: Promise<void> = Promise.resolve();
  #isLooking = false;
  #waitingSince: number | undefined;
  #freeLooks = 0;

  constructor(
    private readonly postgres: Postgres,
    private readonly options: MonitorOptions,
  ) {
    this.failed = this.#failure.signal;
  }

  /** While `work` goes on in a session. One that needs less than a second is never looked at. */
  async during<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
    const pid = processIdOf(client);
    if (pid === undefined) return await work();
    this.#timer = setInterval(() => {
      if (this.#isLooking) return;
      this.#isLooking = true;
      this.#look = this.#lookAt(pid).finally(() => (this.#isLooking = false));
    }, EVERY_MS);
    try {
      return await work();
    } finally {
      this.#stopTimer();
      this.#report([]);
    }
  }

  async close(): Promise<void> {
    this.#stopTimer();
    await this.#look;
    await this.#leave();
  }

  async #lookAt(pid: number): Promise<void> {
    try {
      this.#client ??= await this.postgres.connectAside();
      const sessions = (await this.#client.query<BlockingSession>(BLOCKERS, [pid])).rows;
      if (this.#timer === undefined) return;
      this.#freeLooks = sessions.length === 0 ? this.#freeLooks + 1 : 0;
      if (sessions.length > 0 || this.#freeLooks >= LOOKS_UNTIL_FREE) this.#report(sessions);
    } catch {
      // Who is in the way is good to know, not needed: it is tried again.
      await this.#leave();
      return;
    }
    await this.#endThem(pid);
  }

  #report(sessions: BlockingSession[]): void {
    if (sessions.length > 0) {
      this.#waitingSince ??= Date.now();
      this.options.onWaiting(sessions);
    } else if (this.#waitingSince !== undefined) {
      this.#waitingSince = undefined;
      this.options.onWaiting([]);
    }
  }

  async #endThem(pid: number): Promise<void> {
    const { endAfterSeconds } = this.options;
    if (endAfterSeconds === undefined || this.#waitingSince === undefined || this.#client === undefined) return;
    if (Date.now() - this.#waitingSince < endAfterSeconds * 1_000) return;
    try {
      await this.#client.query(END_BLOCKERS, [pid]);
    } catch (error) {
      this.#failure.abort(postgresFailure(error, { doing: 'ending the sessions in the way' }));
    }
  }

  #stopTimer(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #leave(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    // It may be broken already.
    await client?.end().catch(() => undefined);
  }
}

const BLOCKERS = `
SELECT pid, usename::text AS "user", application_name AS application, state,
  extract(epoch FROM clock_timestamp() - xact_start)::float8 AS "transactionSeconds"
FROM pg_catalog.pg_stat_activity
WHERE pid = ANY (pg_catalog.pg_blocking_pids($1))
ORDER BY pid`;

// Not the server's own work (a base backup, autovacuum, which steps aside by itself).
const END_BLOCKERS = `
SELECT pg_catalog.pg_terminate_backend(pid)
FROM pg_catalog.pg_stat_activity
WHERE pid = ANY (pg_catalog.pg_blocking_pids($1)) AND backend_type = 'client backend'`;
