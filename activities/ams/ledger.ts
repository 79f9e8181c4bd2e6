import type { AmsRunIdentity, AmsSendState } from '../../contracts/ams-activities.js';
import type { AmsRowFailure } from '../../contracts/ams-results.js';
import type { ResultsLocation } from '../tidemark/index.js';
import type { ProfileEntry } from './profile-spool.js';
import { GrowingList } from './row-lists.js';

/**
 * Which rows have come to their end. What `commit` hands on is never ahead of what is true: a row that failed counts once its failure is
 * in the results location, so that an attempt that dies repeats rows and loses none.
 */
export class Ledger {
  readonly failures: GrowingList<AmsRowFailure>;
  private state: AmsSendState;
  private readonly open: Set<number>;
  private told: Promise<void> = Promise.resolve();

  constructor(
    state: AmsSendState,
    results: ResultsLocation,
    run: AmsRunIdentity,
    private readonly mark: (state: AmsSendState) => void,
  ) {
    this.state = { ...state };
    this.open = new Set(state.open);
    this.failures = new GrowingList(results, run, 'failures', { parts: state.parts, entries: state.listed });
  }

  /** Whether the row has come to its end in an earlier attempt or stretch. */
  isOver(index: number): boolean {
    return index < this.state.next && !this.open.has(index);
  }

  get upserted(): number {
    return this.state.upserted;
  }

  get failed(): number {
    return this.state.failed;
  }

  /** Rows are begun in their order. */
  begin({ index }: ProfileEntry): void {
    this.open.add(index);
    this.state.next = Math.max(this.state.next, index + 1);
  }

  wrote({ index }: ProfileEntry): void {
    this.open.delete(index);
    this.state.upserted += 1;
  }

  refused({ index, row, user }: ProfileEntry, { code, reason }: { code: string; reason: string }): void {
    this.open.delete(index);
    this.state.failed += 1;
    this.failures.add({ row, user, code, reason });
  }

  /** Hands on what is true now, as soon as the failures in it are written. */
  async commit(): Promise<AmsSendState> {
    const before = this.told;
    let done = (): void => undefined;
    this.told = new Promise((resolve) => (done = resolve));
    try {
      await before;
      const now = { ...this.state, open: [...this.open].sort((a, b) => a - b) };
      await this.failures.flush(true);
      // What failed while the others were written is in later entries: they are of the next commit.
      this.state.parts = this.failures.parts;
      this.state.listed = this.failures.entries;
      const told = { ...now, parts: this.failures.parts, listed: this.failures.entries };
      this.mark(told);
      return told;
    } finally {
      done();
    }
  }
}
