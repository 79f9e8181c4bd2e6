import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestCell } from './ingest-cell.js';
import type { Ledger } from './ledger.js';

/** Often enough to see a COPY of some milliseconds. */
const LOOK_EVERY_MS = 2;

export const WORKER_SESSIONS = `application_name LIKE 'tidemark%' AND pid <> pg_backend_pid()`;
const COPYING = `SELECT pid FROM pg_stat_activity WHERE ${WORKER_SESSIONS} AND query ~ '^COPY .* FROM STDIN' AND state = 'active'`;
const AT_WORK = `SELECT pid FROM pg_stat_activity WHERE ${WORKER_SESSIONS} AND xact_start IS NOT NULL`;

/** Resolves the n-th time that rows begin to stream into a table; tells the session's process id. */
export async function untilCopying(cell: IngestCell, occurrence: number, over: AbortSignal): Promise<number> {
  let seen = 0;
  let was = false;
  for (;;) {
    over.throwIfAborted();
    const rows = await cell.query<{ pid: number }>(COPYING);
    const pid = rows[0]?.pid;
    if (pid !== undefined && !was) seen += 1;
    if (pid !== undefined && seen >= occurrence) return pid;
    was = pid !== undefined;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Resolves right after the n-th commit from now on that moved the watermark. */
export async function untilCommitted(ledger: Ledger, occurrence: number, over: AbortSignal): Promise<void> {
  let last = await ledger.watermark();
  for (let seen = 0; seen < occurrence;) {
    over.throwIfAborted();
    const now = await ledger.watermark();
    if (now !== last) seen += 1;
    last = now;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Whether a session of the worker has a transaction open. */
export async function isAtWork(cell: IngestCell): Promise<boolean> {
  return (await cell.query(AT_WORK)).length > 0;
}

/** Ends the worker's sessions, or one; tells how many. */
export async function endSessions(cell: IngestCell, pid?: number): Promise<number> {
  const which = pid === undefined ? WORKER_SESSIONS : `pid = ${pid}`;
  const ended = await cell.query<{ ended: boolean }>(
    `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE ${which}`,
  );
  return ended.filter((session) => session.ended).length;
}
