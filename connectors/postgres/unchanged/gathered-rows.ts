const BLOCK_BYTES = 256 * 1024;

/** Rows of binary COPY that wait until the session is free, with their numbers. */
export class GatheredRows {
  #full: Buffer[] = [];
  #fullBytes = 0;
  #block = Buffer.alloc(0);
  #at = 0;
  #numbers: number[] = [];

  get bytes(): number {
    return this.#fullBytes + this.#at;
  }

  get count(): number {
    return this.#numbers.length;
  }

  add(bytes: Buffer, from: number, to: number, number: number): void {
    // Copied: a part of a buffer would keep all of it.
    if (this.#at + to - from > this.#block.length) this.#begin(to - from);
    this.#block.set(bytes.subarray(from, to), this.#at);
    this.#at += to - from;
    this.#numbers.push(number);
  }

  /** All of them, and no longer here. */
  take(): { numbers: readonly number[]; chunks: Buffer[] } {
    const taken = { numbers: this.#numbers, chunks: [...this.#full, this.#block.subarray(0, this.#at)] };
    this.#full = [];
    this.#fullBytes = 0;
    this.#block = Buffer.alloc(0);
    this.#at = 0;
    this.#numbers = [];
    return taken;
  }

  #begin(bytes: number): void {
    if (this.#at > 0) {
      this.#full.push(this.#block.subarray(0, this.#at));
      this.#fullBytes += this.#at;
    }
    this.#block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytes));
    this.#at = 0;
  }
}
