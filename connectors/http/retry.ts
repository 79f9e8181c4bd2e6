import { setTimeout as sleep } from 'node:timers/promises';
import { TidemarkError } from '../../contracts/errors.js';
import { throwIfAborted } from './abort.js';
import type { CallLog } from './call-log.js';
import { retryDelay, type RetrySettings } from './retry-policy.js';

export interface RetryContext {
  settings: RetrySettings;
  what: string;
  signal: AbortSignal | undefined;
  log: CallLog | undefined;
}

/**
 * Repeats `attempt` as long as it throws a retryable `TidemarkError` and the policy allows. Whether a call may be repeated at
 * all is decided where its error is made: one that may have been done is not retryable where doing it twice would harm.
 */
export async function withRetries<T>(context: RetryContext, attempt: () => Promise<T>): Promise<T> {
  const { settings, what, signal, log } = context;
  for (let tries = 1; ; tries++) {
    throwIfAborted(signal);
    try {
      return await attempt();
    } catch (error) {
      throwIfAborted(signal);
      if (!(error instanceof TidemarkError)) throw error;
      const { retryable, retryAfterSeconds, code } = error;
      const delayMs = retryDelay({ attempt: tries, retryable, retryAfterSeconds, settings, random: Math.random() });
      if (delayMs === undefined) throw error;
      log?.({ level: 'warn', event: 'retry', what, attempt: tries, delayMs: Math.round(delayMs), code });
      await pause(delayMs, signal);
    }
  }
}

async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  }
}
