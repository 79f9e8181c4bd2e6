import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { CsvScanner } from '../tables/csv-scan.js';
import { sourceChanged } from '../tables/errors.js';
import { forEachChunk } from '../tables/file-chunks.js';
import { fileTooLarge } from './upload-refusals.js';

/** One file as it will be sent. */
export interface UploadPart {
  bytes: number;
  rows: number;
  /** The bytes from the start; may be called again for another try. */
  open(): Readable;
  /** The same, for who is done with a chunk when asking for the next one: its memory is used again. */
  lend?(): AsyncGenerator<Buffer>;
}

interface Range {
  start: number;
  end: number;
}

/** Cuts a file into parts at the ends of rows, so that each, with the header in front, stays within a size. */
export class PartPlanner {
  readonly parts: (Range & { rows: number })[] = [];
  private start: number;
  private startRow = 0;
  private end: number;
  private row = 0;

  constructor(
    private readonly table: string,
    private readonly header: Range,
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
        throw fileTooLarge(
          this.table,
          problem,
          this.maxBytes,
          'Raise maxFileBytes of the connection if the tenant takes more.',
        );
      }
      this.cut();
    }
    this.end = end;
    this.row += 1;
  }

  finish(): (Range & { rows: number })[] {
    this.cut();
    return this.parts;
  }

  private cut(): void {
    this.parts.push({ start: this.start, end: this.end, rows: this.row - this.startRow });
    this.start = this.end;
    this.startRow = this.row;
  }
}

/** The header of a file, and its rows in parts. A second look at it, which only files above the limit need. */
export async function cutFile(file: {
  table: string;
  handle: FileHandle;
  size: number;
  maxFileBytes: number;
  signal: AbortSignal | undefined;
}): Promise<{ header: Range; ranges: (Range & { rows: number })[] }> {
  let planner: PartPlanner | undefined;
  let header = { start: 0, end: 0 };
  const scanner: CsvScanner = new CsvScanner({
    where: file.table,
    onHeader: () => {
      header = { start: scanner.bomBytes, end: scanner.headerEnd };
      planner = new PartPlanner(file.table, header, file.maxFileBytes);
      return [];
    },
    onRow: (end) => planner?.add(end),
  });
  await forEachChunk(file.handle, { start: 0, end: file.size }, (chunk) => scanner.push(chunk), file.signal);
  scanner.end();
  return { header, ranges: planner?.finish() ?? [] };
}

/** The part that these ranges of a file make, one behind the other. */
export function partOf(
  table: string,
  file: FileState & { handle: FileHandle },
  ranges: readonly Range[],
  rows: number,
): UploadPart {
  return {
    bytes: ranges.reduce((sum, { start, end }) => sum + end - start, 0),
    rows,
    open: () =>
      Readable.from(
        readRanges(table, file, ranges, () => Buffer.allocUnsafeSlow(READ_BYTES)),
        {
          objectMode: false,
          highWaterMark: READ_BYTES,
        },
      ),
    lend: () => {
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      return readRanges(table, file, ranges, () => buffer);
    },
  };
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
 * Ranges of an open file, one behind the other, each chunk in what `buffer` gives for it. The last bytes are handed over only when the
 * file is still the one that was checked: whoever announced its length then sends too little, never something else.
 */
async function* readRanges(
  table: string,
  file: FileState & { handle: FileHandle },
  ranges: readonly Range[],
  buffer: () => Buffer,
): AsyncGenerator<Buffer> {
  const last = ranges.findLast(({ start, end }) => end > start);
  for (const range of ranges) {
    for (let position = range.start; position < range.end;) {
      const room = buffer();
      const { bytesRead } = await file.handle.read(room, 0, Math.min(room.length, range.end - position), position);
      if (bytesRead === 0) throw sourceChanged(table);
      position += bytesRead;
      if (range === last && position === range.end) await checkUnchanged(table, file.handle, file);
      yield room.subarray(0, bytesRead);
    }
  }
}
