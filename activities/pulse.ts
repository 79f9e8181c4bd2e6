import { TidemarkError } from '../contracts/errors.js';

/**
 * Tells whether a step has stood still (a stopped process, a machine that slept) for longer than its heartbeats may be missing. The
 * server has then given it to another attempt, and whatever the step has in hand may be of the past: it must not replace anything.
 */
export class Pulse {
  private latest: number;
  private lost = false;

  /** `now` is the time of day in milliseconds: it goes on while a machine sleeps. */
  constructor(
    private readonly limitMs: number,
    private readonly now: () => number = Date.now,
  ) {
    this.latest = now();
  }

  /** To be called all the while. */
  beat(): void {
    this.lost ||= this.now() - this.latest > this.limitMs;
    this.latest = this.now();
  }

  /** Throws `STEP_OUTLIVED` once the pulse has been missing for too long, however much later it is called. */
  check(): void {
    this.beat();
    if (!this.lost) return;
    throw new TidemarkError(
      `The step stood still for more than ${this.limitMs / 1_000} s: another attempt has its place.`,
      {
        code: 'STEP_OUTLIVED',
        retryable: true,
      },
    );
  }
}
