import { orAborted } from './abort.js';

export interface FetchedToken {
  token: string;
  /** Seconds. */
  expiresIn: number;
}

interface HeldToken {
  token: string;
  usableUntilMs: number;
}

interface Refresh {
  result: Promise<string>;
  waiting: number;
  stop: AbortController;
}

/**
 * The one token of a connection. Callers that need a new one at the same time wait for the same request. Lifetimes are
 * measured with the local monotonic clock from before the request was sent; what the server says of its own clock
 * (`created_at`) plays no part, so that clocks which differ do no harm.
 */
export class TokenSource {
  readonly #fetch: (signal: AbortSignal) => Promise<FetchedToken>;
  readonly #now: () => number;
  #held: HeldToken | undefined;
  #refresh: Refresh | undefined;

  /** @param now Milliseconds of a clock that never jumps. */
  constructor(fetch: (signal: AbortSignal) => Promise<FetchedToken>, now: () => number = () => performance.now()) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** A token that can be used now. Throws what the fetch throws, to every caller that waited for it. */
  async get(signal?: AbortSignal): Promise<string> {
    if (this.#held !== undefined && this.#now() < this.#held.usableUntilMs) return this.#held.token;
    const refresh = (this.#refresh ??= this.#start());
    refresh.waiting += 1;
    try {
      return await orAborted(refresh.result, signal);
    } finally {
      refresh.waiting -= 1;
      // The request serves all who wait: it ends early only when the last of them has gone.
      if (refresh.waiting === 0) this.#abandon(refresh);
    }
  }

  /** Forgets a token that the server refused, unless another caller has replaced it already. */
  reject(token: string): void {
    if (this.#held?.token === token) this.#held = undefined;
  }

  #start(): Refresh {
    const stop = new AbortController();
    const askedAt = this.#now();
    const result = this.#fetch(stop.signal).then(({ token, expiresIn }) => {
      this.#held = { token, usableUntilMs: askedAt + usableSeconds(expiresIn) * 1_000 };
      return token;
    });
    const refresh: Refresh = { result, waiting: 0, stop };
    const done = (): void => {
      if (this.#refresh === refresh) this.#refresh = undefined;
    };
    result.then(done, done);
    return refresh;
  }

  #abandon(refresh: Refresh): void {
    if (this.#refresh === refresh) this.#refresh = undefined;
    refresh.stop.abort();
  }
}

/** Lifetime when the server does not tell, as in titan-rdm-sdk 2.0.0. Seconds. */
export const DEFAULT_LIFETIME = 7_200;
const LONGEST_BUFFER = 300;

/** A token is replaced 300 s before its end, a short-lived one in the last tenth of its life. */
export function usableSeconds(expiresIn: number): number {
  return expiresIn - Math.min(LONGEST_BUFFER, expiresIn / 10);
}
