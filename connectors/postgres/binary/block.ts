import { viewOf } from './view.js';

const BLOCK_BYTES = 256 * 1024;
/** The first block is handed on when it holds so much, the next one twice that, and so on: the server begins early, also on many small batches. */
const FIRST_BYTES = 32 * 1024;

/** Room that is written to from its beginning, and grows for a row that is longer than a block. */
export class Block {
  bytes: Buffer;
  view: DataView;
  #wanted = FIRST_BYTES;

  /** @param reserve Bytes that a row takes beside what its fields ask for by `ensure`. */
  constructor(private readonly reserve: number) {
    this.bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES + 2 * reserve);
    this.view = viewOf(this.bytes);
  }

  /** To be handed on before the next row. */
  isFull(at: number): boolean {
    return at >= this.#wanted;
  }

  /** Makes room for `bytes` from `at` on; `bytes` and `view` of the block may be others afterwards. */
  ensure(at: number, bytes: number): void {
    const needed = at + bytes + this.reserve;
    if (needed > this.bytes.length) this.#grow(needed);
  }

  /** What was written up to `at`, which is the caller's from now on. Writing begins anew at 0. */
  take(at: number): Buffer {
    const taken = this.bytes.subarray(0, at);
    this.#wanted = Math.min(2 * this.#wanted, BLOCK_BYTES);
    // Not reused: a socket may hold what it was given for as long as it likes.
    this.bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES + 2 * this.reserve);
    this.view = viewOf(this.bytes);
    return taken;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger);
    this.bytes = larger;
    this.view = viewOf(larger);
  }
}
