import { isRecord } from '../http/is-record.js';
import type { AmsErrorCode } from './errors.js';

/** What a reply of status 200 says of itself. */
export interface Said {
  /** `SUCCESSFULLY_IMPORTED`, `UNEXPECTED_ERROR`; undefined where it says no state. */
  state: string | undefined;
  message: string | undefined;
  /** Of a Java exception that was sent in place of a reply. */
  exception: boolean;
}

/**
 * State and message of a reply, wherever they stand: at the top, under `result` or under `data` (facts of teamworksams 0.1.0 and of
 * smartabaseR); `{"__is_rpc_exception__": true, "type", "value": {"detailMessage"}}` is an exception.
 */
export function saidBy(reply: unknown): Said {
  if (!isRecord(reply)) return { state: undefined, message: undefined, exception: false };
  if (reply['__is_rpc_exception__'] === true) {
    const value = isRecord(reply['value']) ? reply['value'] : {};
    return { state: text(reply['type']), message: text(value['detailMessage']), exception: true };
  }
  const places = placesOf(reply);
  const first = (...names: string[]) =>
    places.flatMap((place) => names.map((name) => text(place[name]))).find((found) => found !== undefined);
  return { state: first('state', 'status'), message: first('message', 'error', 'description'), exception: false };
}

/** The reply itself and what it wraps, the innermost first. A list stands for its first entry: one record is sent at a time. */
export function placesOf(reply: Record<string, unknown>): Record<string, unknown>[] {
  const inner = [reply['result'], reply['data']].map((part): unknown => (Array.isArray(part) ? part[0] : part));
  return [...inner.filter(isRecord), reply];
}

/** Whether a state tells a failure. A state says `SUCCESS` or `ERROR` somewhere; others are nobody's idea of an end. */
export const isFailure = (state: string): boolean =>
  /error|fail|exception|denied|refused|expired|invalid/iu.test(state);
export const isSuccessState = (state: string): boolean => /success/iu.test(state) && !isFailure(state);

/**
 * The code of a failure that came with status 200, by its words: AMS documents no list of states. What says nothing of the kind is
 * terminal, since the same record would most likely be refused again.
 */
export function codeOfWords({ state = '', message = '' }: Said): AmsErrorCode {
  const words = `${state.replaceAll(/[_.]/gu, ' ')} ${message}`;
  return MEANINGS.find(([pattern]) => pattern.test(words))?.[1] ?? 'AMS_REFUSED';
}

const MEANINGS: readonly (readonly [RegExp, AmsErrorCode])[] = [
  [
    /\bsession (?:has |was |is )?(?:already )?(?:expired|ended|timed? ?out|invalid|not valid|not found|closed|terminated)\b|\b(?:expired|invalid|no|unknown) session$|\bnot (?:logged|signed) in\b|\b(?:log|sign) in again\b|\blogin required\b/iu,
    'AMS_SESSION_ENDED',
  ],
  [
    /\baccess\b.{0,20}\bdenied\b|\bpermission\b|\bnot (?:permitted|authori[sz]ed|allowed)\b|\bforbidden\b/iu,
    'AMS_FORBIDDEN',
  ],
  [/\btoo many (?:requests|calls)\b|\brate limit|\bthrottl/iu, 'AMS_RATE_LIMITED'],
  [
    /\btime(?:d )? ?out\b|TimeoutException\b|\btemporar|\btry (?:it )?again\b|\bunavailable\b|\bbusy\b|\bdeadlock|\block (?:wait|timeout)|OptimisticLock|ConcurrentModification|\boverload|\bmaintenance\b|\bconnection (?:reset|refused|closed|lost)\b/iu,
    'AMS_SERVER_ERROR',
  ],
];

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
