import type { GatheredRows } from './gathered-rows.js';
import type { RowKey } from './row-key.js';
import { endOf, startOf, type RowsWindow } from './rows-window.js';
import type { RowComparer } from './same-row.js';
import { StagedKeys } from './staged-keys.js';

/** So many live rows are looked through for a key that is not where it was expected: rows that were updated lie elsewhere. */
const LOOK_AHEAD = 64;

export interface MatchOptions {
  key: RowKey;
  comparer: RowComparer;
  /** Rows that are to be staged. */
  gathered: GatheredRows;
}

/**
 * Goes through source and live table side by side, both in whatever order they have, and tells the rows of the source that are there
 * already from those that are to be staged. Where the two are not in step, keys tell which of them is to go on: a wrong guess costs time, and
 * rows are staged that need not have been. Rows are left out by `StagedKeys` alone.
 */
export class Matcher {
  /** Rows of the source that are done with. */
  seen = 0;
  leftOut = 0;
  /** A row was staged whose key cannot be told: all that follow must be. */
  isLost = false;
  source: RowsWindow | undefined;
  live: RowsWindow | undefined;
  sourceRow = 0;
  #liveRow = 0;
  /** The live row that stands behind the source, and for how many rows it has. */
  #waitsAt = 0;
  #waited = 0;
  readonly #staged: StagedKeys;
  readonly #sourceKey;
  readonly #liveKey;
  readonly #otherKey;

  constructor(private readonly options: MatchOptions) {
    this.#staged = new StagedKeys(options.key);
    this.#sourceKey = options.key.place();
    this.#liveKey = options.key.place();
    this.#otherKey = options.key.place();
  }

  addSource(window: RowsWindow): void {
    this.source = window;
    this.sourceRow = 0;
  }

  addLive(window: RowsWindow | undefined): void {
    this.live = window;
    this.#liveRow = 0;
    this.#waited = 0;
  }

  /** Goes on until one of the windows is used up, and says which, or that it is lost. */
  run(): 'source' | 'live' | 'lost' {
    const { key, comparer } = this.options;
    const { source, live } = this;
    if (source === undefined) return 'source';
    if (live === undefined) return 'live';
    for (;;) {
      if (this.isLost) return 'lost';
      if (this.sourceRow >= source.count) return 'source';
      if (this.#liveRow >= live.count) return 'live';
      if (comparer.same(source, this.sourceRow, live, this.#liveRow)) {
        // Most rows end here. What is the same has a key that is there.
        if (
          this.#staged.isEmpty ||
          (key.find(source, this.sourceRow, this.#sourceKey) && !this.#staged.has(this.#sourceKey))
        )
          this.#leaveOut();
        else this.#stage(source);
        this.#liveRow += 1;
        continue;
      }
      this.#decide(source, live);
    }
  }

  /** The row is not the live one that it stands beside. */
  #decide(source: RowsWindow, live: RowsWindow): void {
    const { key } = this.options;
    if (!key.find(source, this.sourceRow, this.#sourceKey)) {
      this.#stage(source);
      return;
    }
    key.find(live, this.#liveRow, this.#liveKey);
    if (key.same(this.#sourceKey, this.#liveKey)) {
      this.#stage(source);
      this.#liveRow += 1;
      return;
    }
    const found = this.#lookAhead(live);
    if (found !== undefined) {
      this.#liveRow = found;
      return;
    }
    const order = key.compare(this.#sourceKey, this.#liveKey);
    if (order < 0 && this.#isInTheWay(live)) this.#liveRow += 1;
    else if (order < 0 || this.#isOutOfStep(source)) this.#stage(source);
    else this.#liveRow += 1;
  }

  /** Whether a live row that the source has not come to yet lies before others that it has: more of them than were looked through, maybe. */
  #isInTheWay(live: RowsWindow): boolean {
    if (this.#waitsAt !== this.#liveRow) this.#waited = 0;
    this.#waitsAt = this.#liveRow;
    this.#waited += 1;
    // Behind the last one of a window nothing can be seen yet.
    return this.#waited > LOOK_AHEAD || this.#liveRow + 1 === live.count;
  }

  /** The live row among the next ones that has the source's key. */
  #lookAhead(live: RowsWindow): number | undefined {
    const { key } = this.options;
    const end = Math.min(live.count, this.#liveRow + 1 + LOOK_AHEAD);
    for (let row = this.#liveRow + 1; row < end; row++)
      if (key.find(live, row, this.#otherKey) && key.same(this.#sourceKey, this.#otherKey)) return row;
    return undefined;
  }

  /** Whether the source's next row belongs here, or before: then it is not the live rows that lag behind. */
  #isOutOfStep(source: RowsWindow): boolean {
    const next = this.sourceRow + 1;
    const { key } = this.options;
    return (
      next < source.count && key.find(source, next, this.#otherKey) && key.compare(this.#otherKey, this.#liveKey) <= 0
    );
  }

  #leaveOut(): void {
    this.leftOut += 1;
    this.seen += 1;
    this.sourceRow += 1;
  }

  #stage(source: RowsWindow): void {
    const row = this.sourceRow;
    if (this.options.key.find(source, row, this.#sourceKey)) this.#staged.add(this.#sourceKey);
    else this.isLost = true;
    this.seen += 1;
    this.options.gathered.add(source.bytes, startOf(source, row), endOf(source, row), this.seen);
    this.sourceRow += 1;
  }
}
