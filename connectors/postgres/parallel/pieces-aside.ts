import { pieceOf } from './piece-of.js';
import { ASIDE, type Shares } from './shares.js';
import type { SideTable } from './side-session.js';

/** A piece is no smaller: each takes a table and a commit. */
const LEAST_BYTES = 8 * 1024 * 1024;
/** Nor is it less than such a part of all that came before: there would be ever more of them. */
const LEAST_PART = 1 / 8;

/** Copies the rows that `rows` yields. `before`: rows of the pieces before. */
export type CopyPiece = (rows: () => AsyncIterable<Uint8Array>, before: number) => Promise<SideTable | undefined>;

/**
 * The share of the second session, piece after piece: one is brought in while the next is copied, so that little is left to bring in at
 * the end, when nobody copies.
 */
export class PiecesAside {
  readonly #ready: SideTable[] = [];
  #copying: Promise<void> | undefined;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(
    private readonly shares: Shares,
    private readonly copy: CopyPiece,
  ) {}

  get isBegun(): boolean {
    return this.#copying !== undefined;
  }

  /** Whether a piece waits to be brought in. */
  get isReady(): boolean {
    return this.#ready.length > 0;
  }

  begin(): void {
    this.#copying = this.#copyAll().finally(() => {
      this.#isOver = true;
      this.#wake();
    });
    // `next` throws it.
    this.#copying.catch(() => undefined);
  }

  /** The next piece, once it is there; undefined when there are no more. */
  async next(): Promise<SideTable | undefined> {
    while (this.isBegun && !this.isReady && !this.#isOver) await new Promise<void>((resolve) => (this.#wake = resolve));
    const piece = this.#ready.shift();
    if (piece === undefined) await this.#copying;
    return piece;
  }

  async #copyAll(): Promise<void> {
    let [rows, bytes] = [0, 0];
    while (!this.shares.isOver) {
      const size = Math.max(LEAST_BYTES, bytes * LEAST_PART);
      bytes += size;
      const piece = await this.copy(() => pieceOf(() => this.shares.next(ASIDE), size), rows);
      if (piece === undefined) return;
      rows += piece.rows;
      this.#ready.push(piece);
      this.#wake();
    }
  }
}
