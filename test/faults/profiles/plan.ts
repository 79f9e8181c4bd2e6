import type { AmsFaultRuleInput } from '../../../sandbox/ams/index.js';
import { Random } from '../random.js';

/** What may happen to a run of a profile upsert, when a call of this route is the `skip`-th of its kind that follows. */
export interface ProfileFault {
  kind: string;
  route: string;
  /** Calls of the route that pass before. */
  skip: number;
  /** What the sandbox does to the call. */
  rule: Pick<AmsFaultRuleInput, 'kind' | 'status' | 'body' | 'retryAfter' | 'delayMs' | 'bytesPerSecond'>;
  /** What happens besides, as soon as the sandbox has done that. */
  then?: 'kill' | 'down' | 'freeze' | 'outlive';
}

/** In the order in which a run calls them. */
const ROUTES = ['login', 'forms.summaries', 'forms.get', 'usersearch', 'profilesearch', 'profileimport'];
/** There is one call of the others; of this one, one per profile. */
const MANY = 'profileimport';

const SLOW = { kind: 'slow', delayMs: 250 } as const;

const KINDS: Record<string, Omit<ProfileFault, 'kind' | 'route' | 'skip'>> = {
  'status-500': { rule: { kind: 'status', status: 500 } },
  'status-503': { rule: { kind: 'status', status: 503, body: 'text', retryAfter: 1 } },
  'status-429': { rule: { kind: 'status', status: 429, retryAfter: 1 } },
  timeout: { rule: { kind: 'hang' } },
  reset: { rule: { kind: 'reset' } },
  'lost-reply': { rule: { kind: 'lostReply' } },
  truncated: { rule: { kind: 'truncated' } },
  'session-ended': { rule: { kind: 'sessionEnd' } },
  /** SIGKILL of the worker before the server has done the call: it never will. */
  'kill-before': { rule: { kind: 'hang' }, then: 'kill' },
  /** ... while it does it, a moment later. */
  'kill-late': { rule: { kind: 'slow', delayMs: 2_500 }, then: 'kill' },
  /** ... when it has done it, and before the reply is whole. */
  'kill-after': { rule: { kind: 'trickle', bytesPerSecond: 5 }, then: 'kill' },
  'sandbox-down': { rule: SLOW, then: 'down' },
  'worker-frozen': { rule: SLOW, then: 'freeze' },
  /** The worker stands still, another one ends its run and the next one, and only then does it go on with what it had in hand. */
  'worker-outlived': { rule: SLOW, then: 'outlive' },
};
/** These are about what is being written. */
const ONLY_WRITES = ['worker-outlived'];
/** A call that gives a session cannot be made in one that has ended. */
const NOT_ON_LOGIN = ['session-ended'];

/** Every kind on every route in turn, in an order that the seed decides. `only` keeps those whose description holds it. */
export function planProfileFaults(seed: number, count: number, profiles: number, only = ''): ProfileFault[] {
  const random = new Random(seed);
  const plan: ProfileFault[] = [];
  const all = Object.entries(KINDS).flatMap(([kind, rest]) =>
    ROUTES.filter((route) => !ONLY_WRITES.includes(kind) || route === MANY)
      .filter((route) => !NOT_ON_LOGIN.includes(kind) || route !== 'login')
      .map((route) => ({ kind, route, ...rest })),
  );
  const wanted = all.filter((fault) => nameOf(fault).includes(only));
  if (wanted.length === 0) throw new Error(`no fault of a profile upsert is described by '${only}'`);
  while (plan.length < count)
    for (const fault of random.shuffled(wanted))
      plan.push({ ...fault, skip: fault.route === MANY ? random.below(profiles - 10) : 0 });
  return plan.slice(0, count);
}

const nameOf = ({ kind, route }: Pick<ProfileFault, 'kind' | 'route'>): string => `${kind} @ ${route}`;

export const describeProfileFault = (fault: ProfileFault): string =>
  `${nameOf(fault)}${fault.skip > 0 ? ` after ${fault.skip}` : ''}`;
