import { ByteOrderMark } from './byte-order-mark.js';
import type { CsvScanOptions } from './csv-scan-options.js';
import { CsvStructure } from './csv-structure.js';
import { WholeRows, type RowFields } from './csv-whole-rows.js';
import { malformedCsv } from './errors.js';

export type { CsvScanOptions, WatchedColumn } from './csv-scan-options.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

const FIELD_START = 0;
const UNQUOTED = 1;
const QUOTED = 2;
/** After a quote within a quoted field: its end, or the first half of a doubled one. */
const AFTER_QUOTE = 3;
/** After a carriage return outside quotes: half a line end. */
const AFTER_CR = 4;

/** Bytes that one row's watched fields may hold: more is a quote that never closes, not a key. */
const MAX_WATCHED_BYTES = 16 * 1024 * 1024;

/** Shared by all scanners: what it holds is used up before anybody else can ask it. */
const structure = CsvStructure.load();

/**
 * Reads CSV as bytes, in chunks cut anywhere: finds rows and fields, keeps the unescaped bytes of the watched fields of the current
 * row, makes no object per row. Checks no encoding: see `Utf8Guard`.
 */
export class CsvScanner implements RowFields {
  /** Data rows that ended so far. */
  rows = 0;
  header: string[] | undefined;
  /** Offset just behind the header's line end. */
  headerEnd = 0;

  /** Unescaped bytes of the current row's kept fields, one behind the other. Valid within `onRow`, as are the next two. */
  watched: Uint8Array = Buffer.alloc(4_096);
  /** Begin and end of each slot's field in `watched`. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  /** 1 for a field that is not NULL: that has a byte, or quotes. */
  present = new Uint8Array(64);

  private state = FIELD_START;
  private column = 0;
  private length = 0;
  private offset = 0;
  private readonly mark = new ByteOrderMark();
  /** Slot of each column, -1 for one that nobody watches; and the same where the bytes are kept. */
  private slots = new Int32Array(0);
  private kept = new Int32Array(0);
  private rowsOf = new WholeRows(0, []);

  constructor(private readonly options: CsvScanOptions) {}

  /** Bytes of the byte order mark that the stream begins with: 0 or 3. It belongs to no field. */
  get bomBytes(): number {
    return this.mark.bytes;
  }

  /** Whether the field is NULL: empty and not in quotes. */
  isNull(slot: number): boolean {
    return this.present[slot] === 0;
  }

  text(slot: number): string {
    return Buffer.from(this.watched.buffer, this.watched.byteOffset).toString(
      'utf8',
      this.starts[slot],
      this.ends[slot],
    );
  }

  push(bytes: Uint8Array): void {
    const chunk = this.mark.isSettled ? bytes : this.mark.take(bytes);
    if (this.offset === 0) this.offset = this.mark.bytes;
    this.reserve(chunk.length);
    // Whole rows in one go; what is left of a row at the chunk's beginning and end, and all that is odd, byte by byte.
    this.scan(chunk, structure === undefined ? 0 : this.wholeRows(structure, chunk), false);
    this.offset += chunk.length;
  }

  private wholeRows(csv: CsvStructure, chunk: Uint8Array): number {
    const first = this.toRowStart(chunk);
    if (this.header === undefined) return first;
    const next = this.rowsOf.take(csv, this, chunk, first, this.offset);
    const slot = this.slotOf(0);
    if (next > first && slot >= 0) this.startField(slot, 0);
    return next;
  }

  /** Finishes the row that the chunk begins within. Returns where the next one starts. */
  private toRowStart(chunk: Uint8Array): number {
    const between = this.header !== undefined && this.state === FIELD_START && this.column === 0;
    return between ? 0 : this.scan(chunk, 0, true);
  }

  /** Reads byte by byte from `from` to the end of the chunk, or of one row. Returns where it stopped. */
  private scan(chunk: Uint8Array, from: number, oneRow: boolean): number {
    const size = chunk.length;
    const { watched } = this;
    let { state, column, length } = this;
    let slot = this.slotOf(column);
    let keep = this.keepOf(column);
    let at = from;
    while (at < size) {
      if (state === QUOTED) {
        // The inner loops carry the weight: most bytes are looked at by nothing else.
        for (;;) {
          const start = at;
          while (at < size && chunk[at] !== QUOTE) at += 1;
          if (keep >= 0) for (let copied = start; copied < at; copied += 1) watched[length++] = chunk[copied] ?? 0;
          if (at + 1 >= size || chunk[at + 1] !== QUOTE) break;
          if (keep >= 0) watched[length++] = QUOTE;
          at += 2;
        }
        if (at >= size) break;
        at += 1;
        state = AFTER_QUOTE;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (byte > COMMA) {
        if (state > UNQUOTED) length = this.tolerate(state, byte, keep, length);
        state = UNQUOTED;
        if (slot >= 0) this.present[slot] = 1;
        if (keep >= 0) {
          do watched[length++] = chunk[at++] ?? 0;
          while (at < size && (chunk[at] ?? 0) > COMMA);
        } else {
          do at += 1;
          while (at < size && (chunk[at] ?? 0) > COMMA);
        }
        continue;
      }
      at += 1;
      if (byte === COMMA) {
        if (state === AFTER_CR) length = this.tolerate(state, byte, keep, length);
        if (slot >= 0) this.ends[slot] = length;
        column += 1;
        slot = this.slotOf(column);
        keep = this.keepOf(column);
        if (slot >= 0) this.startField(slot, length);
        state = FIELD_START;
      } else if (byte === LF) {
        if (slot >= 0) this.ends[slot] = length;
        this.endRow(column, this.offset + at);
        column = 0;
        length = 0;
        slot = this.slotOf(0);
        keep = this.keepOf(0);
        if (slot >= 0) this.startField(slot, 0);
        state = FIELD_START;
        if (oneRow) break;
      } else if (byte === QUOTE && state === FIELD_START) {
        if (slot >= 0) this.present[slot] = 1;
        state = QUOTED;
      } else if (byte === QUOTE && state === AFTER_QUOTE) {
        // A doubled quote whose halves came in two chunks.
        if (keep >= 0) watched[length++] = QUOTE;
        state = QUOTED;
      } else if (byte === CR && state !== AFTER_CR) {
        state = AFTER_CR;
      } else {
        if (state > UNQUOTED || byte === QUOTE) length = this.tolerate(state, byte, keep, length);
        if (byte === CR) continue;
        if (slot >= 0) this.present[slot] = 1;
        if (keep >= 0) watched[length++] = byte;
        state = UNQUOTED;
      }
    }
    this.state = state;
    this.column = column;
    this.length = length;
    return at;
  }

  /** To be called when all bytes were pushed: the last row may lack its line end. */
  end(): void {
    const held = this.mark.end();
    if (held.length > 0) this.push(held);
    if (this.state === FIELD_START && this.column === 0) return;
    if (this.options.strict === true) {
      if (this.state === QUOTED) throw this.malformed('a quoted field never ends');
      if (this.state === AFTER_CR) throw this.malformed(BARE_CR);
    }
    const slot = this.slotOf(this.column);
    if (slot >= 0) this.ends[slot] = this.length;
    this.endRow(this.column, this.offset);
    this.state = FIELD_START;
    this.column = 0;
  }

  /** An error that names the row being read. */
  malformed(problem: string): Error {
    return malformedCsv(
      `${this.options.where}, ${this.header === undefined ? 'header' : `row ${this.rows + 1}`}`,
      problem,
    );
  }

  /** While the header is read every column is watched, each in its own slot. */
  private slotOf(column: number): number {
    return this.header === undefined ? column : (this.slots[column] ?? -1);
  }

  private keepOf(column: number): number {
    return this.header === undefined ? column : (this.kept[column] ?? -1);
  }

  private startField(slot: number, length: number): void {
    if (slot >= this.starts.length) {
      this.starts = grown(this.starts);
      this.ends = grown(this.ends);
      this.present = Uint8Array.from({ length: this.starts.length }, (_, index) => this.present[index] ?? 0);
    }
    this.starts[slot] = length;
    this.present[slot] = 0;
  }

  private endRow(column: number, end: number): void {
    const { header, options } = this;
    if (header === undefined) {
      this.header = Array.from({ length: column + 1 }, (_, index) => this.text(index));
      this.headerEnd = end;
      this.present.fill(0);
      const watch = options.onHeader?.(this.header) ?? [];
      this.slots = new Int32Array(this.header.length).fill(-1);
      this.kept = new Int32Array(this.header.length).fill(-1);
      for (const [slot, { index, bytes }] of watch.entries()) {
        this.slots[index] = slot;
        if (bytes) this.kept[index] = slot;
      }
      this.rowsOf = new WholeRows(this.header.length, watch, options.onRow);
      return;
    }
    if (column + 1 !== header.length && options.strict === true) {
      const found = column === 0 ? 'only 1 field (an empty line?)' : `${column + 1} fields`;
      throw this.malformed(`it has ${found} where the header has ${header.length}`);
    }
    // Fields that a short row lacks are NULL, not those of the row before.
    for (let lacking = column + 1; lacking < header.length; lacking += 1) {
      const slot = this.slots[lacking] ?? -1;
      if (slot >= 0) this.startField(slot, 0);
      if (slot >= 0) this.ends[slot] = 0;
    }
    this.rows += 1;
    options.onRow?.(end);
  }

  /** Bytes that strictness refuses. Returns the length of `watched` with what must be kept of them. */
  private tolerate(state: number, byte: number, keep: number, length: number): number {
    if (this.options.strict === true) {
      if (state === AFTER_CR) throw this.malformed(BARE_CR);
      if (state === AFTER_QUOTE) throw this.malformed('there is text behind the closing quote of a field');
      if (byte === QUOTE) throw this.malformed('there is a quote within a field that is not in quotes');
    }
    // A carriage return that was no half of a line end belongs to the field.
    if (state !== AFTER_CR || keep < 0) return length;
    this.watched[length] = CR;
    return length + 1;
  }

  /** Makes room for a whole chunk, so that the inner loops need not ask. */
  private reserve(size: number): void {
    if (this.length > MAX_WATCHED_BYTES) throw this.malformed(`its fields hold more than ${MAX_WATCHED_BYTES} bytes`);
    // One more for a carriage return that came with the chunk before.
    const needed = this.length + size + 1;
    if (needed <= this.watched.length) return;
    // Twice as much as there was: a field that comes in many small chunks must not be copied for each of them.
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.watched.length * 2));
    larger.set(this.watched.subarray(0, this.length));
    this.watched = larger;
  }
}

const BARE_CR = 'there is a carriage return outside quotes that is no part of a line end';

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
