import { pause } from '../step.js';

/** Says when the next request may begin: no more than so many a second, and none while the server wants to be left alone. */
export class Pace {
  private next = 0;
  private quietUntil = 0;

  /** `now` in milliseconds. */
  constructor(
    private readonly ratePerSecond: number | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The server asked to wait: nobody begins a request before. */
  hold(seconds: number): void {
    this.quietUntil = Math.max(this.quietUntil, this.now() + seconds * 1_000);
  }

  /** Resolves when it is the caller's turn. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.ratePerSecond !== undefined) {
      const at = Math.max(this.now(), this.next);
      this.next = at + 1_000 / this.ratePerSecond;
      if (at > this.now()) await pause((at - this.now()) / 1_000, signal);
    }
    while (this.quietUntil > this.now()) await pause((this.quietUntil - this.now()) / 1_000, signal);
  }
}
