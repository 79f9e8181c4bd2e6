import { abortable } from '../abortable.js';
import { COPY_HEADER, COPY_TRAILER } from '../binary/copy-format.js';
import { viewOf } from '../binary/view.js';
import { Places, type RowsWindow } from './rows-window.js';

const INCOMPLETE = -1;
const ODD = -2;

/** Chunks of binary COPY as windows of whole rows. Never reads further than it is asked to. */
export class SourceRows {
  /** From the first byte that no window has held. */
  #held: Buffer = Buffer.alloc(0);
  #isBegun = false;
  #isOver = false;
  /** Bytes that the row at the start of what is held has at least. */
  #wanted = 0;

  /** @param width Fields of a row. */
  constructor(
    private readonly chunks: AsyncIterator<Uint8Array>,
    private readonly width: number,
  ) {}

  /** No window comes any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** And nothing is left but the end of the COPY. */
  get isAtEnd(): boolean {
    return this.#isOver && this.#held.equals(COPY_TRAILER);
  }

  /** Undefined when there are no more rows, or none that are understood: `remaining` has what is left of the bytes. */
  async next(): Promise<RowsWindow | undefined> {
    while (!this.#isOver) {
      const window = this.#take();
      if (window !== undefined) return window;
      await this.#fetch();
    }
    return undefined;
  }

  /** The next rows, so many bytes at least, where there are so many. */
  async readAhead(bytes: number, signal: AbortSignal | undefined): Promise<RowsWindow[]> {
    const ahead: RowsWindow[] = [];
    for (let read = 0; read < bytes;) {
      const window = await abortable(this.next(), signal);
      if (window === undefined) break;
      ahead.push(window);
      read += window.bytes.length;
    }
    return ahead;
  }

  /** The bytes behind the last window, the end of the COPY with them. */
  async *remaining(): AsyncGenerator<Uint8Array> {
    this.#isOver = true;
    if (this.#held.length > 0) yield this.#held;
    for (let next = await this.chunks.next(); next.done !== true; next = await this.chunks.next()) yield next.value;
  }

  /** Tells the source that no more is wanted. One that is stuck is not waited for. */
  end(): void {
    this.chunks.return?.().catch(() => undefined);
  }

  async #fetch(): Promise<void> {
    if (this.#isOver) return;
    const parts = [this.#held];
    let bytes = this.#held.length;
    do {
      const next = await this.chunks.next();
      if (next.done === true) {
        // What came before is to be looked at first; an iterator that has ended says so again.
        this.#isOver = parts.length === 1;
        break;
      }
      parts.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      bytes += next.value.length;
    } while (bytes < this.#wanted);
    const [, second] = parts;
    this.#held =
      this.#held.length === 0 && parts.length === 2 && second !== undefined ? second : Buffer.concat(parts, bytes);
  }

  /** The rows of what is held that are whole. */
  #take(): RowsWindow | undefined {
    const bytes = this.#held;
    if (!this.#isBegun) {
      if (bytes.length < COPY_HEADER.length) return undefined;
      if (!bytes.subarray(0, COPY_HEADER.length).equals(COPY_HEADER)) throw new TypeError('no header of binary COPY');
      this.#isBegun = true;
      this.#held = bytes.subarray(COPY_HEADER.length);
      return this.#take();
    }
    const view = viewOf(bytes);
    const places = new Places();
    let at = 0;
    for (;;) {
      const end = this.#endOfRow(view, at);
      if (end < 0) {
        this.#isOver = end === ODD;
        break;
      }
      places.add(at, end);
      at = end;
    }
    if (places.count === 0) return undefined;
    this.#held = bytes.subarray(at);
    return { bytes, view, starts: places.starts, count: places.count, gap: 0 };
  }

  #endOfRow(view: DataView, start: number): number {
    const limit = view.byteLength;
    if (start + 2 > limit) return this.#incomplete(2);
    // The end of the data, among others.
    if (view.getInt16(start) !== this.width) return ODD;
    let at = start + 2;
    for (let field = 0; field < this.width; field++) {
      if (at + 4 > limit) return this.#incomplete(at + 4 - start);
      const length = view.getInt32(at);
      if (length < -1) return ODD;
      at += length > 0 ? 4 + length : 4;
    }
    return at > limit ? this.#incomplete(at - start) : at;
  }

  #incomplete(bytes: number): number {
    this.#wanted = bytes;
    return INCOMPLETE;
  }
}
