import type { FaultRuleInput } from '../../sandbox/titanrdm/index.js';
import { Random } from './random.js';

/** Something that the sandbox does to one call. */
export interface CallFault {
  family: 'call';
  kind: string;
  route: string;
  rule: Omit<FaultRuleInput, 'label' | 'match' | 'times'>;
}

/**
 * The worker's end by SIGKILL around one call: `before` the server has done it (it never will), `late`: it does it when the next
 * attempt is under way, `after` it has done it and before the reply is whole, `replied`: `pauseMs` after the reply, while the worker
 * makes something of it, `midway`: in the middle of a file.
 */
export interface WorkerKill {
  family: 'kill';
  kind: 'kill-before' | 'kill-late' | 'kill-after' | 'kill-replied' | 'kill-midway';
  route: string;
  pauseMs: number;
}

/** The worker's end by SIGKILL right after the n-th activity has ended, by the history. */
export interface KillBetween {
  family: 'kill-between';
  kind: 'kill-between';
  /** From 1. */
  activity: number;
}

/**
 * The worker stands still in the middle of a call, another one ends its run and the next one, and only then does the first one go on
 * with what it had in hand.
 */
export interface Outlived {
  family: 'outlived';
  kind: 'worker-outlived';
  route: string;
}

/** Ten seconds in which something does not move: begun when a call of this route arrives. */
export interface Outage {
  family: 'outage';
  kind: 'sandbox-frozen' | 'sandbox-down' | 'worker-frozen';
  route: string;
}

export type Fault = CallFault | WorkerKill | KillBetween | Outage | Outlived;

const UPLOAD_ROUTES = [
  'token',
  'branches.list',
  'domains.list',
  'deployed_tables.list',
  'deployed_tables.lookup',
  'mappings.list',
  'imports.new',
  'import_tables.new',
  'upload.put',
  'import_tables.upload_complete',
  'imports.complete',
  'imports.get',
];
const DOWNLOAD_ROUTES = [
  'token',
  'branches.list',
  'domains.list',
  'deployed_tables.list',
  'exports.new',
  'exports.get',
  'download.get',
];

/** Activities of a run of three tables, in either direction: the worker is killed after each of them. */
const ACTIVITIES = 9;
/** Files go over these two. */
const TRANSFERS = ['upload.put', 'download.get'];
/** Calls that change something at the server. */
const CHANGING = [
  'imports.new',
  'import_tables.new',
  'import_tables.upload_complete',
  'imports.complete',
  'exports.new',
];
/** Calls that change something, and reads that decide: there it matters when something stands still. */
const OUTAGE_ROUTES = [
  'imports.new',
  'import_tables.new',
  'upload.put',
  'import_tables.upload_complete',
  'imports.complete',
  'imports.get',
  'exports.new',
  'exports.get',
  'download.get',
];

const CALL_FAULTS: Record<string, CallFault['rule']> = {
  'status-500': { kind: 'status', status: 500 },
  'status-429': { kind: 'status', status: 429, retryAfter: 1 },
  'status-503': { kind: 'status', status: 503, body: 'text', retryAfter: 1 },
  timeout: { kind: 'hang' },
  reset: { kind: 'reset' },
  'lost-reply': { kind: 'lostReply' },
  unauthorized: { kind: 'unauthorized', revokeTokens: true },
  'reset-midway': { kind: 'resetMidBody' },
  truncated: { kind: 'truncated' },
  'expired-address': { kind: 'expiredUrl' },
};

/** Routes on which a kind makes sense, where these are not all. */
const ONLY_ON: Record<string, readonly string[]> = {
  'reset-midway': TRANSFERS,
  truncated: ['download.get'],
  'expired-address': ['import_tables.new', 'exports.get'],
};
/** Signed addresses and the token call carry no bearer. */
const WITHOUT_BEARER = ['token', ...TRANSFERS];

function callFaults(routes: readonly string[]): Fault[] {
  return Object.entries(CALL_FAULTS).flatMap(([kind, rule]) =>
    routes
      .filter((route) => ONLY_ON[kind]?.includes(route) ?? true)
      .filter((route) => kind !== 'unauthorized' || !WITHOUT_BEARER.includes(route))
      .map((route): Fault => ({ family: 'call', kind, route, rule })),
  );
}

function kills(routes: readonly string[], activities: number, random: Random): Fault[] {
  const around = routes.flatMap((route) =>
    (['kill-before', 'kill-after', 'kill-replied'] as const).map((kind): Fault => ({
      family: 'kill',
      kind,
      route,
      pauseMs: kind === 'kill-replied' ? Math.round(200 * random.next() ** 3) : 0,
    })),
  );
  const late = routes
    .filter((route) => CHANGING.includes(route))
    .map((route): Fault => ({ family: 'kill', kind: 'kill-late', route, pauseMs: 0 }));
  const midway = routes
    .filter((route) => TRANSFERS.includes(route))
    .flatMap((route) =>
      Array.from({ length: 4 }, (): Fault => ({
        family: 'kill',
        kind: 'kill-midway',
        route,
        pauseMs: 200 + random.below(400),
      })),
    );
  const between = Array.from({ length: activities }, (_, index): Fault => ({
    family: 'kill-between',
    kind: 'kill-between',
    activity: index + 1,
  }));
  return [...around, ...late, ...midway, ...between];
}

function outages(routes: readonly string[]): Fault[] {
  return routes
    .filter((route) => OUTAGE_ROUTES.includes(route))
    .flatMap((route) =>
      (['sandbox-frozen', 'sandbox-down', 'worker-frozen'] as const).map((kind): Fault => ({
        family: 'outage',
        kind,
        route,
      })),
    );
}

function outlived(routes: readonly string[]): Fault[] {
  return routes
    .filter((route) => CHANGING.includes(route) || TRANSFERS.includes(route))
    .map((route): Fault => ({ family: 'outlived', kind: 'worker-outlived', route }));
}

/**
 * Every fault on every endpoint in turn, in an order that the seed decides: any beginning of the list holds faults of all families.
 * The same seed and direction give the same list. `only` keeps those whose description holds it.
 */
export function planFaults(direction: 'upload' | 'download', seed: number, count: number, only = ''): Fault[] {
  const routes = direction === 'upload' ? UPLOAD_ROUTES : DOWNLOAD_ROUTES;
  const random = new Random(seed);
  const plan: Fault[] = [];
  while (plan.length < count) {
    const calls = callFaults(routes);
    const all = [calls, kills(routes, ACTIVITIES, random), outages(routes), outlived(routes)];
    const wanted = all.map((family) => random.shuffled(family.filter((fault) => describeFault(fault).includes(only))));
    if (wanted.flat().length === 0) throw new Error(`no fault of an ${direction} is described by '${only}'`);
    plan.push(...interleaved(wanted));
  }
  return plan.slice(0, count);
}

/** Takes from each list in proportion to its length. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const placed = lists.flatMap((list) => list.map((item, index) => ({ item, at: (index + 0.5) / list.length })));
  return placed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

export function describeFault(fault: Fault): string {
  return `${fault.kind} @ ${'route' in fault ? fault.route : `activity ${fault.activity}`}`;
}
