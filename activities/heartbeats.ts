/** Between two heartbeats that nobody asked for; the SDK throttles them further. */
const BEAT_EVERY_MS = 1_000;
/** Within it, however often a step marks where it is, one heartbeat goes: each takes some 50 µs of the one thread that moves the table. */
const MARK_EVERY_MS = 100;

/**
 * The heartbeats of one step: one at once, one a second when nothing moves, and for marks as many as are worth their price. What was
 * marked last is always sent, at the latest by `end`: the next attempt goes on from there.
 */
export class Heartbeats<Cursor> {
  private readonly every: NodeJS.Timeout;
  private soon: NodeJS.Timeout | undefined;
  private isDue = false;

  /** @param send Hands the cursor to Temporal. */
  constructor(
    private cursor: Cursor | undefined,
    private readonly send: (cursor: Cursor | undefined) => void,
  ) {
    this.every = setInterval(() => this.beat(), BEAT_EVERY_MS);
    this.beat();
  }

  mark(cursor: Cursor): void {
    this.cursor = cursor;
    if (this.soon === undefined) this.beat();
    else this.isDue = true;
  }

  /** Sends what is still to be sent, and no more after it. */
  end(): void {
    clearInterval(this.every);
    clearTimeout(this.soon);
    if (this.isDue) this.send(this.cursor);
  }

  private beat(): void {
    this.isDue = false;
    this.send(this.cursor);
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      if (this.isDue) this.beat();
    }, MARK_EVERY_MS);
  }
}
