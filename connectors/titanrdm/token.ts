import { Renewable } from '../http/renewable.js';

export interface FetchedToken {
  token: string;
  /** Seconds. */
  expiresIn: number;
}

/** The one token of a connection; the server's `created_at` plays no part. */
export class TokenSource extends Renewable<string> {
  /** @param now Milliseconds of a clock that never jumps. */
  constructor(fetch: (signal: AbortSignal) => Promise<FetchedToken>, now?: () => number) {
    super(async (signal) => {
      const { token, expiresIn } = await fetch(signal);
      return { value: token, usableMs: usableSeconds(expiresIn) * 1_000 };
    }, now);
  }
}

/** Lifetime when the server does not tell, as in titan-rdm-sdk 2.0.0. Seconds. */
export const DEFAULT_LIFETIME = 7_200;
const LONGEST_BUFFER = 300;

/** A token is replaced 300 s before its end, a short-lived one in the last tenth of its life. */
export function usableSeconds(expiresIn: number): number {
  return expiresIn - Math.min(LONGEST_BUFFER, expiresIn / 10);
}
