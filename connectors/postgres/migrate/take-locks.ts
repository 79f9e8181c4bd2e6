import { setTimeout as pause } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { sqlState } from './run-steps.js';
import type { Step } from './steps.js';

const SAVEPOINT = 'tidemark_take';
const LOCK_TIMEOUT = '55P03';
const DEADLOCK = '40P01';

/**
 * Takes all exclusive locks, or none, trying until it has them; then `work`, which is undone with them when it fails.
 *
 * Who waits for a lock keeps everybody behind it waiting. A reader of two views that has the one and queues for the other behind us is then
 * what we wait for in turn: only a timeout ends that, and if it is PostgreSQL's deadlock_timeout (1 s), the reader may get the error.
 * So we wait much shorter than that, give back what we have, let the others through, and try again. A `lock_timeout` that the session has
 * set is the longest time in all.
 */
export async function withLocks(client: ClientBase, locks: readonly Step[], work: () => Promise<void>): Promise<void> {
  const { rows } = await client.query<{ text: string; milliseconds: string }>(
    `SELECT current_setting('lock_timeout') AS text, setting AS milliseconds FROM pg_settings WHERE name = 'lock_timeout'`,
  );
  const limit = Number(rows[0]?.milliseconds ?? 0) || Infinity;
  const statements = locks.map(({ sql }) => sql).join(';\n');
  const start = performance.now();
  await client.query(`SAVEPOINT ${SAVEPOINT}`);
  for (;;) {
    const elapsed = performance.now() - start;
    const wait = Math.max(1, Math.min(waitFor(elapsed, locks.length, Math.random()), limit - elapsed));
    try {
      await client.query(`SET LOCAL lock_timeout = ${Math.ceil(wait)};\n${statements}`);
      await client.query(`SELECT set_config('lock_timeout', $1, true)`, [rows[0]?.text ?? '0']);
      await work();
      await client.query(`RELEASE SAVEPOINT ${SAVEPOINT}`);
      return;
    } catch (error) {
      const state = sqlState(error);
      // Not the server's: the connection is gone, or it was refused on the way.
      if (state !== undefined) await client.query(`ROLLBACK TO SAVEPOINT ${SAVEPOINT}`);
      if ((state !== LOCK_TIMEOUT && state !== DEADLOCK) || performance.now() - start >= limit) throw error;
    }
    await pause(PAUSE_MS);
  }
}

/**
 * Pure. Milliseconds to wait for each lock. With one lock there is no circle: each wait is longer, to outlast longer readers. With several,
 * the first looks are the shorter the better, since what matters is that nobody comes in between; then all of them stay below
 * PostgreSQL's deadlock_timeout (1 s) together, until that has been in vain for so long that a circle is the lesser evil. `chance` from
 * 0 to 1 keeps it out of step with the readers.
 */
export function waitFor(elapsedMs: number, locks: number, chance: number): number {
  if (locks === 1) return Math.min(Math.max(200, elapsedMs / 4), LONGEST_WAIT_MS);
  if (elapsedMs < SHORT_LOOKS_MS) return 10 + 40 * chance;
  if (elapsedMs < HARMLESS_LOOKS_MS) return Math.max(20, HARMLESS_IN_ALL_MS / locks);
  return Math.min(elapsedMs / 50, LONGEST_WAIT_MS);
}

const SHORT_LOOKS_MS = 1_000;
const HARMLESS_LOOKS_MS = 60_000;
const HARMLESS_IN_ALL_MS = 600;
const LONGEST_WAIT_MS = 3_600_000;
/** Enough for those who queued to go on; no longer, so that who watches the wait sees who is in the way. */
const PAUSE_MS = 10;
