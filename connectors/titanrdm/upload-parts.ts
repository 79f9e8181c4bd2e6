import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { sourceChanged } from '../tables/errors.js';
import { fileTooLarge } from './upload-rules.js';

/** One file as it will be sent. */
export interface UploadPart {
  bytes: number;
  rows: number;
  /** The bytes from the start; may be called again for another try. */
  open(): Readable;
}

export interface PartRange {
  start: number;
  end: number;
  rows: number;
}

/** Cuts a file into parts at the ends of rows, so that each, with the header in front, stays within a size. */
export class PartPlanner {
  readonly parts: PartRange[] = [];
  private start: number;
  private startRow = 0;
  private end: number;
  private row = 0;

  constructor(
    private readonly table: string,
    private readonly header: { start: number; end: number },
    private readonly maxBytes: number,
  ) {
    this.start = this.end = header.end;
  }

  /** To be called for each row, with the offset just behind it. Error `FILE_TOO_LARGE` when a row fits into no part. */
  add(end: number): void {
    const headerBytes = this.header.end - this.header.start;
    if (headerBytes + end - this.start > this.maxBytes) {
      if (headerBytes + end - this.end > this.maxBytes) {
        const problem = `row ${this.row + 1} alone, with the header, has ${headerBytes + end - this.end} bytes`;
        throw fileTooLarge(this.table, problem, this.maxBytes, 'Raise maxFileBytes of the connection if the tenant takes more.');
      }
      this.cut();
    }
    this.end = end;
    this.row += 1;
  }

  /** All parts; one at least, which may hold the header alone. */
  finish(): PartRange[] {
    if (this.parts.length === 0 || this.row > this.startRow) this.cut();
    return this.parts;
  }

  private cut(): void {
    this.parts.push({ start: this.start, end: this.end, rows: this.row - this.startRow });
    this.start = this.end;
    this.startRow = this.row;
  }
}

/** What a file was when it was looked at. */
export interface FileState {
  size: number;
  mtimeMs: number;
}

/** Error `SOURCE_CHANGED` when somebody wrote into the file since. */
export async function checkUnchanged(table: string, handle: FileHandle, before: FileState): Promise<void> {
  const now = await handle.stat();
  if (now.size !== before.size || now.mtimeMs !== before.mtimeMs) throw sourceChanged(table);
}

const READ_BYTES = 256 * 1024;

/**
 * Ranges of an open file, one behind the other. The last bytes are handed over only when the file is still the one that was checked:
 * whoever announced its length then sends too little, never something else.
 */
export function readRanges(
  table: string,
  handle: FileHandle,
  ranges: readonly { start: number; end: number }[],
  before: FileState,
): Readable {
  async function* bytes(): AsyncGenerator<Buffer> {
    const last = ranges.findLast(({ start, end }) => end > start);
    for (const range of ranges) {
      for (let position = range.start; position < range.end; ) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, range.end - position));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) throw sourceChanged(table);
        position += bytesRead;
        if (range === last && position === range.end) await checkUnchanged(table, handle, before);
        yield buffer.subarray(0, bytesRead);
      }
    }
  }
  return Readable.from(bytes(), { objectMode: false, highWaterMark: READ_BYTES });
}
