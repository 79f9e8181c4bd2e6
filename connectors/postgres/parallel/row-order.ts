/** Rows that one session copied, and that came one after the other. */
interface Run {
  /** Number of the first one among the rows of the session, from 1. */
  at: number;
  /** What is to be added to that for its number among all rows. */
  shift: number;
}

/** In which order rows came that were shared out among sessions. */
export class RowOrder {
  readonly #runs: Run[][] = [];
  readonly #counts: number[] = [];
  #all = 0;

  /** Rows that come next, and go to session number `part`. */
  add(part: number, count: number): void {
    const at = (this.#counts[part] ?? 0) + 1;
    const runs = (this.#runs[part] ??= []);
    const shift = this.#all + 1 - at;
    if (runs.at(-1)?.shift !== shift) runs.push({ at, shift });
    this.#counts[part] = at + count - 1;
    this.#all += count;
  }

  /** Number among all rows, from 1, of the one that is number `at` of a session. Behind those that were added: as if they came next. */
  numberOf(part: number, at: number): number {
    const count = this.#counts[part] ?? 0;
    if (at > count) return this.#all + at - count;
    const runs = this.#runs[part] ?? [];
    const [first] = runs;
    return at + (runs.findLast((run) => run.at <= at) ?? first ?? { shift: 0 }).shift;
  }
}
