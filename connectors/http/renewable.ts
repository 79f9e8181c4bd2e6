import { orAborted } from './abort.js';

/** What was fetched, and for how long it can be used from the moment that it was asked for. */
export interface Fetched<T> {
  value: T;
  usableMs: number;
}

interface Held<T> {
  value: T;
  usableUntilMs: number;
}

interface Refresh<T> {
  result: Promise<T>;
  waiting: number;
  stop: AbortController;
}

/**
 * The one token or session of a connection. Callers that need a new one at the same time wait for the same request. Lifetimes are
 * measured with the local monotonic clock from before the request was sent; what a server says of its own clock plays no part, so
 * that clocks which differ do no harm.
 */
export class Renewable<T> {
  readonly #fetch: (signal: AbortSignal) => Promise<Fetched<T>>;
  readonly #now: () => number;
  #held: Held<T> | undefined;
  #refresh: Refresh<T> | undefined;

  /** @param now Milliseconds of a clock that never jumps. */
  constructor(fetch: (signal: AbortSignal) => Promise<Fetched<T>>, now: () => number = () => performance.now()) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** One that can be used now. Throws what the fetch throws, to every caller that waited for it. */
  async get(signal?: AbortSignal): Promise<T> {
    if (this.#held !== undefined && this.#now() < this.#held.usableUntilMs) return this.#held.value;
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

  /** Forgets what the server refused, unless another caller has replaced it already. */
  reject(value: T): void {
    if (this.#held?.value === value) this.#held = undefined;
  }

  #start(): Refresh<T> {
    const stop = new AbortController();
    const askedAt = this.#now();
    const result = this.#fetch(stop.signal).then(({ value, usableMs }) => {
      this.#held = { value, usableUntilMs: askedAt + usableMs };
      return value;
    });
    const refresh: Refresh<T> = { result, waiting: 0, stop };
    const done = (): void => {
      if (this.#refresh === refresh) this.#refresh = undefined;
    };
    result.then(done, done);
    return refresh;
  }

  #abandon(refresh: Refresh<T>): void {
    if (this.#refresh === refresh) this.#refresh = undefined;
    refresh.stop.abort();
  }
}
