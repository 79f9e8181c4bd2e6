import { Random } from '../random.js';
import { kindsNamed, type TimedFault } from '../timed-fault.js';

/** What may happen while Schedules fire. */
export const KINDS = [
  /** SIGKILL of the worker at a random moment, in a run or between two. */
  'worker-kill',
  /** ... while rows stream into a table of PostgreSQL. */
  'worker-kill-copying',
  /** ... right after a COMMIT, of which Temporal does not know yet. */
  'worker-kill-committed',
  /** ... while an export of TitanRDM is being made, or received. */
  'worker-kill-exporting',
  /** ... and none in its place while the Schedules fire several times. */
  'worker-away',
  /** The Temporal server is asked to end, and started again from its database. */
  'temporal-restart',
  /** SIGKILL of the Temporal server at a random moment, and a start from its database. */
  'temporal-kill',
  /** ... right after a COMMIT at the target. */
  'temporal-kill-committed',
  /** ... and away for longer than heartbeats may be missing, and than several firings. */
  'temporal-away',
  /** SIGKILL of worker and Temporal server together while rows stream into a table. */
  'both-kill-copying',
] as const;
export type Kind = (typeof KINDS)[number];

/** A pause is counted since the runs went on after the fault before. */
export type ScheduleFault = TimedFault<Kind>;

const PAUSE_MS = 2_500;

/** Every kind in turn, in an order that the seed decides: worker and server by turns. `only` keeps those whose name holds it. */
export function planScheduleFaults(seed: number, count: number, only = ''): ScheduleFault[] {
  const random = new Random(seed);
  const kinds = kindsNamed(KINDS, only, 'a schedule');
  const plan: ScheduleFault[] = [];
  while (plan.length < count) {
    const shuffled = random.shuffled(kinds);
    const [worker, other] = [shuffled.filter(isOfWorker), shuffled.filter((kind) => !isOfWorker(kind))];
    for (let turn = 0; turn < Math.max(worker.length, other.length); turn += 1) {
      for (const kind of [worker[turn], other[turn]])
        if (kind !== undefined) plan.push({ kind, pauseMs: random.below(PAUSE_MS), occurrence: 1 + random.below(3) });
    }
  }
  return plan.slice(0, count);
}

const isOfWorker = (kind: Kind): boolean => kind.startsWith('worker');
