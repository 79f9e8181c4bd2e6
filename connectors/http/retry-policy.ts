/** How often and how patiently a transient failure is tried again. */
export interface RetrySettings {
  /** Tries after the first one. */
  limit: number;
  /** Milliseconds before the first of them; doubled each time. */
  firstDelayMs: number;
  /** Longest wait in milliseconds. A server that asks for more is not waited for here: the caller gets the error, with what it asked. */
  maxDelayMs: number;
}

export interface RetryQuestion {
  /** Tries made so far, from 1. */
  attempt: number;
  retryable: boolean;
  retryAfterSeconds: number | undefined;
  settings: RetrySettings;
  /** From 0 to 1. */
  random: number;
}

/**
 * Milliseconds to wait before the next try; undefined when there is none. Exponential, between half and the whole of the
 * computed delay so that many callers do not come back at once; Retry-After is the least that is waited.
 */
export function retryDelay({
  attempt,
  retryable,
  retryAfterSeconds,
  settings,
  random,
}: RetryQuestion): number | undefined {
  if (!retryable || attempt > settings.limit) return undefined;
  const backOff = Math.min(settings.firstDelayMs * 2 ** (attempt - 1), settings.maxDelayMs) * (0.5 + random / 2);
  if (retryAfterSeconds === undefined) return backOff;
  const asked = retryAfterSeconds * 1_000;
  return asked > settings.maxDelayMs ? undefined : Math.max(asked, backOff);
}

/**
 * Seconds that a Retry-After header asks for: a number, or a date, which is compared with the server's own `Date` header
 * where there is one, since the two clocks may differ. Undefined when the header is missing or says neither.
 */
export function retryAfterSeconds(
  header: string | undefined,
  serverDate: string | undefined,
  nowMs: number,
): number | undefined {
  const value = header?.trim() ?? '';
  if (value === '') return undefined;
  if (/^\d+(\.\d+)?$/u.test(value)) return Number(value);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return undefined;
  const serverNow = Date.parse(serverDate ?? '');
  return Math.max(0, (until - (Number.isNaN(serverNow) ? nowMs : serverNow)) / 1_000);
}
