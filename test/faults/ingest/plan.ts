import { Random } from '../random.js';
import { kindsNamed, type TimedFault } from '../timed-fault.js';

/** What may happen to a run of an ingest. */
export const KINDS = [
  /** SIGKILL of the worker at a random moment. */
  'worker-kill',
  /** SIGKILL of the worker while rows stream into the table. */
  'worker-kill-copying',
  /** SIGKILL of the worker right after a COMMIT, of which Temporal does not know yet. */
  'worker-kill-committed',
  /** `pg_terminate_backend` on all sessions of the worker at a random moment. */
  'sessions-ended',
  /** The same while rows stream into the table. */
  'sessions-ended-copying',
  /** PostgreSQL is stopped and started again, at a random moment. */
  'server-restart',
  /** SIGKILL of PostgreSQL while rows stream into the table, and a start that recovers. */
  'server-kill-copying',
  /** The worker stands still in the middle of a COPY, its session is ended by the one that takes over; it goes on when all is over. */
  'zombie-copying',
  /** The worker stands still between two batches, holds nothing, and goes on when all is over. */
  'zombie-between',
  /** A second run of the same pipeline under another id. */
  'second-run',
] as const;
export type Kind = (typeof KINDS)[number];

/** A random moment is counted from the run's start. */
export type IngestFault = TimedFault<Kind>;

/** Longest pause where the moment is random: about as long as a run takes. */
const RANDOM_MS = 1_500;

/** Every kind in turn, in an order that the seed decides. `only` keeps those whose name holds it. */
export function planIngestFaults(seed: number, count: number, only = ''): IngestFault[] {
  const random = new Random(seed);
  const kinds = kindsNamed(KINDS, only, 'an ingest');
  const plan: IngestFault[] = [];
  while (plan.length < count) {
    for (const kind of random.shuffled(kinds)) {
      const isRandom = ['worker-kill', 'sessions-ended', 'server-restart', 'second-run'].includes(kind);
      plan.push({ kind, pauseMs: isRandom ? random.below(RANDOM_MS) : 0, occurrence: 1 + random.below(6) });
    }
  }
  return plan.slice(0, count);
}
