import { setTimeout as sleep } from 'node:timers/promises';
import type { JudgedPostgres } from '../judged-postgres.js';
import type { TargetTable } from '../target-table.js';

/** Often enough to see a COPY of some milliseconds. */
const LOOK_EVERY_MS = 2;

export const WORKER_SESSIONS = `application_name LIKE 'tidemark%' AND pid <> pg_backend_pid()`;
const COPYING = `SELECT pid FROM pg_stat_activity WHERE ${WORKER_SESSIONS} AND query ~ '^COPY .* FROM STDIN' AND state = 'active'`;
const AT_WORK = `SELECT pid FROM pg_stat_activity WHERE ${WORKER_SESSIONS} AND xact_start IS NOT NULL`;

/** Resolves the n-th time that rows begin to stream into a table; tells the session's process id. */
export async function untilCopying(database: JudgedPostgres, occurrence: number, over: AbortSignal): Promise<number> {
  let seen = 0;
  let was = false;
  for (;;) {
    over.throwIfAborted();
    const rows = await database.query<{ pid: number }>(COPYING);
    const pid = rows[0]?.pid;
    if (pid !== undefined && !was) seen += 1;
    if (pid !== undefined && seen >= occurrence) return pid;
    was = pid !== undefined;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Resolves right after the n-th commit from now on that moved the watermark. */
export async function untilCommitted(target: TargetTable, occurrence: number, over: AbortSignal): Promise<void> {
  let last = await target.watermark();
  for (let seen = 0; seen < occurrence;) {
    over.throwIfAborted();
    const now = await target.watermark();
    if (now !== last) seen += 1;
    last = now;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Whether a session of the worker has a transaction open. */
export async function isAtWork(database: JudgedPostgres): Promise<boolean> {
  return (await database.query(AT_WORK)).length > 0;
}

/** Ends the worker's sessions, or one; tells how many. */
export async function endSessions(database: JudgedPostgres, pid?: number): Promise<number> {
  const which = pid === undefined ? WORKER_SESSIONS : `pid = ${pid}`;
  const ended = await database.query<{ ended: boolean }>(
    `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE ${which}`,
  );
  return ended.filter((session) => session.ended).length;
}
