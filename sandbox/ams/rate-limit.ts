import { HttpError } from '../http/http.js';
import type { AmsSandboxSettings } from './settings.js';

/** Turns calls away that are too many at a time or in a second, before anything is done. */
export class RateLimit {
  private recent: number[] = [];

  constructor(private readonly settings: () => AmsSandboxSettings) {}

  /** Throws a 429. @param underWay calls, this one included */
  check(underWay: number): void {
    const { maxInFlight, maxPerSecond, retryAfterSeconds } = this.settings();
    const now = performance.now();
    this.recent = this.recent.filter((at) => at > now - 1_000);
    const tooMany = maxInFlight > 0 && underWay > maxInFlight;
    const tooFast = maxPerSecond > 0 && this.recent.length >= maxPerSecond;
    if (tooMany || tooFast)
      throw new HttpError(429, 'Too many requests', undefined, { 'retry-after': String(retryAfterSeconds) });
    this.recent.push(now);
  }
}
