import type { Connection, Submittable } from 'pg';
import { COPY_HEADER, COPY_TRAILER } from '../binary/copy-format.js';
import { viewOf } from '../binary/view.js';
import { Places, type RowsWindow } from './rows-window.js';

const COPY_DATA = 0x64;
const COPY_OUT_RESPONSE = 0x48;
/** NoticeResponse, NotificationResponse, ParameterStatus: they may come at any time. */
const BESIDE: ReadonlySet<number | undefined> = new Set([0x4e, 0x41, 0x53]);
/** Code and length, which counts itself. */
const FRAME_BYTES = 5;
const WINDOW_BYTES = 256 * 1024;
/** Windows that wait before the socket is told to. */
const MAX_WINDOWS = 3;

type Listener = (chunk: Buffer) => void;

/**
 * `COPY ... TO STDOUT (FORMAT binary)` as windows of whole rows, for `client.query`: the socket's bytes are looked at where they are, with
 * no object for each row. The protocol sends one message per row, the header before the first or in a message of its own
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html, CopyData). All other messages go to the driver.
 */
export class LiveRows implements Submittable {
  /** Rows that have come. */
  rows = 0;
  /** Called once, when the session is free or has failed. */
  onFree: (() => void) | undefined;
  #connection: Connection | undefined;
  #theirs: Listener[] = [];
  #bytes: Buffer;
  #lent: Buffer | undefined;
  #filled = 0;
  /** Where the first message begins that is not looked at yet. */
  #parsed = 0;
  #places = new Places();
  #hasHeader = false;
  #ready: RowsWindow[] = [];
  #isPaused = false;
  #isDropped = false;
  #isOver = false;
  #failure: { error: unknown } | undefined;
  #wake: (() => void) | undefined;
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);

  /** @param buffers Where windows lie: each is its reader's until it asks for the next one. */
  constructor(
    private readonly sql: string,
    private readonly buffers: WindowBuffers,
  ) {
    this.#bytes = buffers.take(0);
  }

  /** The driver's call, when it is this statement's turn. */
  submit(connection: Connection): void {
    this.#connection = connection;
    const { stream } = connection;
    // The driver listens for nothing else than bytes.
    this.#theirs = stream.listeners('data') as Listener[];
    stream.on('data', this.#onData);
    for (const listener of this.#theirs) stream.removeListener('data', listener);
    connection.query(this.sql);
  }

  /** Undefined when there are no more and the session is free. Throws what the driver has said. */
  async next(): Promise<RowsWindow | undefined> {
    if (this.#lent !== undefined) this.buffers.give(this.#lent);
    this.#lent = undefined;
    for (;;) {
      const window = this.#ready.shift();
      if (this.#ready.length < MAX_WINDOWS - 1) this.#resume();
      if (window !== undefined) {
        this.#lent = window.bytes;
        return window;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#isOver) return undefined;
      await this.#news();
    }
  }

  /** Lets go what is there and what comes. Returns when the session is free, or has failed. */
  async drop(): Promise<void> {
    this.#isDropped = true;
    this.#ready = [];
    this.#resume();
    while (!this.#isOver) await this.#news();
  }

  handleError(error: unknown): void {
    this.#giveBack();
    this.#failure ??= { error };
    this.#finish();
  }

  handleCommandComplete(): void {
    // The driver asks for it.
  }

  handleReadyForQuery(): void {
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onFree?.();
    this.#wake?.();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #take(chunk: Buffer): void {
    this.#makeRoom(chunk.length);
    chunk.copy(this.#bytes, this.#filled);
    this.#filled += chunk.length;
    while (this.#filled - this.#parsed >= FRAME_BYTES) {
      const at = this.#parsed;
      const code = this.#bytes[at];
      const end = at + 1 + this.#bytes.readUInt32BE(at + 1);
      if (code !== COPY_DATA && code !== COPY_OUT_RESPONSE && !BESIDE.has(code)) {
        this.#leave();
        return;
      }
      if (end > this.#filled) break;
      this.#parsed = end;
      if (code === COPY_DATA) this.#row(at + FRAME_BYTES, end);
      else this.#pass(at, end);
    }
    if (this.#parsed >= WINDOW_BYTES) this.#emit();
  }

  #row(start: number, end: number): void {
    let at = start;
    if (!this.#hasHeader) {
      this.#hasHeader = true;
      at += COPY_HEADER.length;
    }
    // The header alone, or the end.
    if (at >= end || (end - at === COPY_TRAILER.length && this.#bytes.readInt16BE(at) === -1)) return;
    this.rows += 1;
    this.#places.add(at, end + FRAME_BYTES);
  }

  /** A message that is no row: those of one window follow each other. */
  #pass(at: number, end: number): void {
    const message = Buffer.from(this.#bytes.subarray(at, end));
    this.#emit();
    for (const listener of this.#theirs) listener(message);
  }

  /** No row comes any more: what follows is the driver's. */
  #leave(): void {
    const rest = Buffer.from(this.#bytes.subarray(this.#parsed, this.#filled));
    this.#filled = this.#parsed;
    this.#emit();
    const theirs = this.#theirs;
    this.#giveBack();
    for (const listener of theirs) listener(rest);
  }

  #giveBack(): void {
    const stream = this.#connection?.stream;
    if (stream === undefined) return;
    this.#connection = undefined;
    for (const listener of this.#theirs) stream.on('data', listener);
    stream.removeListener('data', this.#onData);
    this.#theirs = [];
    stream.resume();
  }

  /** Hands on the rows that are there. */
  #emit(): void {
    const { starts, count } = this.#places;
    if (count === 0) return;
    const bytes = this.#bytes;
    const filled = this.#filled;
    this.#bytes = this.buffers.take(filled - this.#parsed);
    this.#filled = bytes.copy(this.#bytes, 0, this.#parsed, filled);
    this.#parsed = 0;
    this.#places = new Places();
    if (this.#isDropped) {
      this.buffers.give(bytes);
      return;
    }
    this.#ready.push({ bytes, view: viewOf(bytes), starts, count, gap: FRAME_BYTES });
    if (this.#ready.length >= MAX_WINDOWS && !this.#isPaused) {
      this.#isPaused = true;
      this.#connection?.stream.pause();
    }
    this.#wake?.();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#connection?.stream.resume();
  }

  #makeRoom(bytes: number): void {
    if (this.#filled + bytes > this.#bytes.length) this.#emit();
    if (this.#filled + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#filled + bytes));
    this.#bytes.copy(larger, 0, 0, this.#filled);
    this.#bytes = larger;
  }
}

/** Room for windows, used again and again. */
export class WindowBuffers {
  readonly #spare: Buffer[] = [];

  take(bytes: number): Buffer {
    const size = 2 * WINDOW_BYTES;
    if (bytes > size / 2) return Buffer.allocUnsafeSlow(2 * bytes);
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(size);
  }

  give(bytes: Buffer): void {
    if (bytes.length === 2 * WINDOW_BYTES && this.#spare.length <= MAX_WINDOWS) this.#spare.push(bytes);
  }
}
