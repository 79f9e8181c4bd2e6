import type { AmsFaultRuleInput } from '../../../sandbox/ams/index.js';
import { Random } from '../random.js';

/** The workflow whose call a fault befalls: each run of the campaign upserts, then reads back what is stored. */
export type During = 'upsert' | 'download';

/** What may happen to a call of a run, the `skip`-th of its route that follows. */
export interface ProfileFault {
  kind: string;
  during: During;
  route: string;
  /** Calls of the route that pass before. */
  skip: number;
  /** What the sandbox does to the call. */
  rule: Pick<AmsFaultRuleInput, 'kind' | 'status' | 'body' | 'retryAfter' | 'delayMs' | 'bytesPerSecond'> & {
    state?: string;
    message?: string;
  };
  /** What happens besides, as soon as the sandbox has done that. */
  then?: 'kill' | 'down' | 'freeze' | 'outlive';
}

/** Every call that the connector makes, in the order in which each workflow makes them. */
export const CALLS: Record<During, readonly string[]> = {
  upsert: ['login', 'forms.summaries', 'forms.get', 'usersearch', 'profilesearch', 'profileimport'],
  download: ['login', 'forms.summaries', 'forms.get', 'usersearch', 'profilesearch'],
};
/** There is one call of the others; of this one, one per profile. */
const MANY = 'profileimport';

const SLOW = { kind: 'slow', delayMs: 250 } as const;

const KINDS: Record<string, Pick<ProfileFault, 'rule' | 'then'>> = {
  'status-500': { rule: { kind: 'status', status: 500 } },
  'status-503': { rule: { kind: 'status', status: 503, body: 'text', retryAfter: 1 } },
  'status-429': { rule: { kind: 'status', status: 429, retryAfter: 1 } },
  /** The error comes with status 200. */
  'busy-in-200': { rule: { kind: 'stateError', message: 'The server is busy, try again' } },
  timeout: { rule: { kind: 'hang' } },
  reset: { rule: { kind: 'reset' } },
  'lost-reply': { rule: { kind: 'lostReply' } },
  truncated: { rule: { kind: 'truncated' } },
  /** Every session is over, those of other calls under way too. */
  'session-ended': { rule: { kind: 'sessionEnd' } },
  'session-ended-in-200': { rule: { kind: 'rpcException', message: 'The session has expired, please log in again' } },
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
const NOT_ON_LOGIN = ['session-ended', 'session-ended-in-200'];

type Place = Omit<ProfileFault, 'skip'>;

const PLACES: readonly Place[] = Object.entries(KINDS).flatMap(([kind, rest]) =>
  (['upsert', 'download'] as const).flatMap((during) =>
    CALLS[during]
      .filter((route) => !ONLY_WRITES.includes(kind) || route === MANY)
      .filter((route) => !NOT_ON_LOGIN.includes(kind) || route !== 'login')
      .map((route) => ({ kind, during, route, ...rest })),
  ),
);

/** Every kind on every call in turn, in an order that the seed decides. `only` keeps those whose description holds it. */
export function planProfileFaults(seed: number, count: number, profiles: number, only = ''): ProfileFault[] {
  const random = new Random(seed);
  const plan: ProfileFault[] = [];
  const wanted = placesOf(only);
  if (wanted.length === 0) throw new Error(`no fault of a profile upsert is described by '${only}'`);
  while (plan.length < count)
    for (const fault of random.shuffled(wanted))
      plan.push({ ...fault, skip: fault.route === MANY ? random.below(profiles - 10) : 0 });
  return plan.slice(0, count);
}

/** Names of every kind on every call that a plan goes over before it begins again. */
export const placeNames = (only = ''): string[] => placesOf(only).map(placeOf);

const placesOf = (only: string): Place[] => PLACES.filter((place) => placeOf(place).includes(only));

/** `kill-late @ profileimport`; of the download, `kill-late @ download profilesearch`. */
export const placeOf = ({ kind, during, route }: Pick<ProfileFault, 'kind' | 'during' | 'route'>): string =>
  `${kind} @ ${during === 'upsert' ? '' : `${during} `}${route}`;

export const describeProfileFault = (fault: ProfileFault): string =>
  `${placeOf(fault)}${fault.skip > 0 ? ` after ${fault.skip}` : ''}`;
