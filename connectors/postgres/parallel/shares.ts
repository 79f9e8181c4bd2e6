import type { RowsWindow } from '../unchanged/rows-window.js';
import type { SourceRows } from '../unchanged/source-rows.js';
import type { RowOrder } from './row-order.js';

/** Who takes rows: the session of the transaction, or the one beside it. */
export const OWN = 0;
export const ASIDE = 1;
/** The second session takes two bytes where the first one takes three, at most: its rows have a way yet to go. */
const OWN_FOR_ONE = 1.5;
/** Where the source is quick, all wait for the first session, which brings in what the second one has copied: as many, at most. */
const OWN_FOR_ONE_QUICK = 1;
/** A source is quick that takes less than this part of the time. */
const QUICK = 0.5;

/**
 * Hands out the rows of one source to two sessions, window by window. The second one gets what the first one has no room for: where the
 * source is what takes the time, it gets little.
 */
export class Shares {
  readonly #bytes = [0, 0];
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;
  #isOwnFull = false;
  /** Milliseconds, of the clock and of waiting for the source. */
  readonly #begun = performance.now();
  #asked = 0;
  #wake: () => void = () => undefined;

  constructor(
    private readonly source: SourceRows,
    /** What went where. */
    private readonly order: RowOrder,
  ) {}

  /** Bytes that the first session has taken. */
  get ownBytes(): number {
    return this.#bytes[OWN] ?? 0;
  }

  /** Nobody gets rows any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether the first session takes no more for now. */
  ownIsFull(isFull: boolean): void {
    this.#isOwnFull = isFull;
    if (isFull) this.#wake();
  }

  /** The next rows for one of the two; undefined when there are no more. The second one may have to wait. */
  async next(part: typeof OWN | typeof ASIDE): Promise<RowsWindow | undefined> {
    while (part === ASIDE && !this.#isOver && !this.#isAsideNext)
      await new Promise<void>((resolve) => (this.#wake = resolve));
    // One at a time: the source is asked for the next rows when the ones before have been handed out.
    const taken = this.#last.then(() => this.#take(part));
    this.#last = taken.catch(() => undefined);
    return await taken;
  }

  get #isAsideNext(): boolean {
    const ownForOne = this.#isQuick ? OWN_FOR_ONE_QUICK : OWN_FOR_ONE;
    return this.#isOwnFull && (this.#bytes[ASIDE] ?? 0) * ownForOne < this.ownBytes;
  }

  get #isQuick(): boolean {
    return this.#asked < QUICK * (performance.now() - this.#begun);
  }

  async #take(part: typeof OWN | typeof ASIDE): Promise<RowsWindow | undefined> {
    const asking = performance.now();
    try {
      const window = this.#isOver ? undefined : await this.source.next();
      this.#asked += performance.now() - asking;
      if (window === undefined) {
        this.#isOver = true;
        return undefined;
      }
      this.order.add(part, window.count);
      this.#bytes[part] = (this.#bytes[part] ?? 0) + window.bytes.length;
      return window;
    } catch (error) {
      this.#isOver = true;
      throw error;
    } finally {
      this.#wake();
    }
  }
}
