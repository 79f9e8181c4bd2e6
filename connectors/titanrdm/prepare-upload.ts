import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { CsvScanner } from '../tables/csv-scan.js';
import { storeFailure } from '../tables/errors.js';
import { forEachChunk, writeAll } from '../tables/file-chunks.js';
import type { CsvTable } from '../tables/port.js';
import { createSpoolFile, spoolDirectory, type SpoolFile } from '../tables/spool.js';
import type { PreparedUpload, PrepareUploadOptions } from './upload-options.js';
import { UploadLook, type Keep } from './upload-look.js';
import { checkUnchanged, cutFile, partOf, type FileState, type UploadPart } from './upload-parts.js';
import { fileTooLarge } from './upload-refusals.js';
import { canSplit, headerFor } from './upload-rules.js';

export type { PreparedUpload, PrepareUploadOptions } from './upload-options.js';
export type { UploadPart } from './upload-parts.js';

/**
 * Looks at a table before a byte of it is sent: columns against the deployed definition, transaction codes, required values, keys, the
 * file's form, its encoding and its size. Sends nothing. Takes over `csv`, also when it fails.
 *
 * The bytes are sent as they are, but for a byte order mark and for the system columns of an export, which are left out: what a
 * download wrote can be uploaded again. Constant memory; one look at the bytes, in slices that leave the event loop free.
 *
 * @throws TidemarkError MALFORMED_CSV, BAD_ENCODING, UNKNOWN_COLUMNS, MISSING_COLUMNS, MISSING_TRANSACTION_CODES,
 * UNEXPECTED_TRANSACTION_CODES, BAD_TRANSACTION_CODES, MISSING_REQUIRED_VALUES, DUPLICATE_KEYS, FILE_TOO_LARGE, SOURCE_CHANGED
 */
export async function prepareUpload(csv: CsvTable, options: PrepareUploadOptions): Promise<PreparedUpload> {
  // What goes wrong with the stream is met where it is read; here only the process must not end of it.
  csv.stream.on('error', () => undefined);
  const preparation = new Preparation(csv, options);
  try {
    return await preparation.run();
  } catch (error) {
    await preparation.dispose();
    throw options.signal?.aborted === true ? options.signal.reason : error;
  }
}

class Preparation {
  /** The table's own file, where it can be looked at and sent in place. */
  private source: FileHandle | undefined;
  private spool: SpoolFile | undefined;
  private spooled = 0;
  private look: UploadLook | undefined;
  private directory = '';

  constructor(
    private readonly csv: CsvTable,
    private readonly options: PrepareUploadOptions,
  ) {}

  async run(): Promise<PreparedUpload> {
    const { csv, options } = this;
    this.directory = await spoolDirectory(options.spoolDirectory);
    if (csv.path !== undefined) this.source = await openSource(csv.path, options.table);
    const before = await this.source?.stat();

    const look = (this.look = new UploadLook(options, this.directory));
    const keep: Keep = (bytes) => (this.source !== undefined && !look.rewrites ? undefined : this.write(bytes));
    let read = 0;
    await this.eachChunk(before?.size ?? 0, async (chunk) => {
      await look.push(chunk, keep);
      read += chunk.length;
      this.checkSize(read);
      options.onProgress?.({ rows: look.rows, bytes: read });
    });
    await look.finish(keep, (scanner) => this.feedAgain(scanner));
    // What it collected is not needed while the file is sent, which may take long.
    await look.dispose();
    if (this.source !== undefined && before !== undefined) await checkUnchanged(options.table, this.source, before);
    return look.header === undefined ? this.withoutBytes(look) : await this.whole(look);
  }

  async dispose(): Promise<void> {
    this.csv.stream.destroy();
    await Promise.allSettled([this.look?.dispose(), this.spool?.remove(), this.source?.close()]);
    this.source = undefined;
  }

  private async eachChunk(size: number, take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
    const { signal } = this.options;
    if (this.source !== undefined) return forEachChunk(this.source, { start: 0, end: size }, take, signal);
    const stop = (): void => void this.csv.stream.destroy(new Error('aborted'));
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for await (const chunk of this.csv.stream as AsyncIterable<Buffer>) await take(chunk);
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  private async write(bytes: Uint8Array): Promise<void> {
    this.spool ??= await createSpoolFile(this.directory, 'upload');
    await writeAll(this.spool.handle, bytes, this.spooled);
    this.spooled += bytes.length;
  }

  /** What can't be split need not be read to its end to be refused. */
  private checkSize(read: number): void {
    const { table, pattern, maxFileBytes } = this.options;
    if (canSplit(pattern) || this.look?.header === undefined) return;
    const bytes = this.look.rewrites ? this.spooled : Math.max(read, this.csv.bytes ?? 0) - this.look.bomBytes;
    if (bytes > maxFileBytes) throw wholeTooLarge(table, maxFileBytes);
  }

  /** Everything that will be sent, from the start. */
  private async feedAgain(scanner: CsvScanner): Promise<void> {
    const { handle, size } = await this.toSend();
    await forEachChunk(handle, { start: 0, end: size }, (chunk) => scanner.push(chunk), this.options.signal);
  }

  private async toSend(): Promise<FileState & { handle: FileHandle }> {
    const handle = this.spool?.handle ?? this.source;
    if (handle === undefined) throw new Error('nothing was read');
    const { size, mtimeMs } = await handle.stat();
    return { handle, size, mtimeMs };
  }

  private async whole(look: UploadLook): Promise<PreparedUpload> {
    const { table, pattern, maxFileBytes } = this.options;
    const file = await this.toSend();
    // Whoever leaves columns out has left the byte order mark out too.
    const start = look.rewrites ? 0 : look.bomBytes;
    const whole = { start, end: file.size };
    if (file.size - start <= maxFileBytes) {
      return this.prepared(look, [partOf(table, file, [whole], look.rows)]);
    }
    if (!canSplit(pattern)) throw wholeTooLarge(table, maxFileBytes);
    const { header, ranges } = await cutFile({ table, ...file, maxFileBytes, signal: this.options.signal });
    return this.prepared(
      look,
      ranges.map((range) => partOf(table, file, [header, range], range.rows)),
    );
  }

  /** A table without a single byte is an empty table: it is sent as a header, since an empty file is no CSV. */
  private withoutBytes(look: UploadLook): PreparedUpload {
    const header = Buffer.from(headerFor(this.options));
    return this.prepared(look, [
      { bytes: header.length, rows: 0, open: () => Readable.from([header], { objectMode: false }) },
    ]);
  }

  private prepared(look: UploadLook, parts: UploadPart[]): PreparedUpload {
    return {
      rows: look.rows,
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
      parts,
      warnings: look.plan?.warnings ?? [],
      dispose: () => this.dispose(),
    };
  }
}

async function openSource(path: string, table: string): Promise<FileHandle> {
  return open(path, 'r').catch((error: unknown) => {
    throw storeFailure(`Opening the file of ${table}`, error);
  });
}

function wholeTooLarge(table: string, maxFileBytes: number): Error {
  const mend =
    "Pattern 'full' can't be split. Send it as 'incremental_upsert_only', or raise maxFileBytes of the connection if the tenant takes more.";
  return fileTooLarge(table, "under pattern 'full' it is one file", maxFileBytes, mend);
}
