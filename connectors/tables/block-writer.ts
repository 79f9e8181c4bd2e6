import type { FileHandle } from 'node:fs/promises';
import { storeFailure } from './errors.js';
import { writeAll } from './file-chunks.js';

/** Few enough writes to cost nothing, small enough that the look at a block leaves the event loop free (about 0.5 ms). */
const BLOCK_BYTES = 512 * 1_024;

/**
 * So much is written before the disk is asked to take it, while more arrives: a file that must last is then almost there when its last
 * byte comes, where one sync at the end would wait for all of it.
 */
const SYNC_BYTES = 16 * 1_024 * 1_024;

/**
 * Writes a stream to a file in large blocks, the next one being filled while one is written. Two buffers do for any length: the
 * chunks of a network stream are copied at once and die young, where thousands that wait for the disk would keep the collector busy.
 */
export class BlockWriter {
  /** Bytes taken so far. */
  bytes = 0;
  private block: Buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  private spare: Buffer | undefined;
  private filled = 0;
  private written = 0;
  private writing: Promise<void> = Promise.resolve();
  private synced = 0;
  private syncing: Promise<void> | undefined;

  /** `look` sees each block once, in order, while it is written; what it throws ends the writing. */
  constructor(
    private readonly handle: FileHandle,
    private readonly look: (block: Uint8Array) => void,
  ) {}

  /** Undefined when it need not be waited for. Errors: those of `look`, and `storeFailure`s of the writing. */
  push(chunk: Uint8Array): Promise<void> | undefined {
    if (chunk.length > BLOCK_BYTES - this.filled) return this.pushSlowly(chunk);
    this.block.set(chunk, this.filled);
    this.filled += chunk.length;
    this.bytes += chunk.length;
    return undefined;
  }

  /** Writes what is left and waits for all of it. */
  async end(): Promise<void> {
    await this.flush();
    await this.writing;
  }

  /** Waits for what is under way, however it ends: the file must not be closed before. */
  async settle(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.syncing;
  }

  private async pushSlowly(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + BLOCK_BYTES - this.filled);
      this.block.set(part, this.filled);
      this.filled += part.length;
      this.bytes += part.length;
      at += part.length;
      if (this.filled === BLOCK_BYTES) await this.flush();
    }
  }

  private async flush(): Promise<void> {
    const { block, filled } = this;
    if (filled === 0) return;
    await this.writing;
    const full = block.subarray(0, filled);
    this.writing = writeAll(this.handle, full, this.written).catch((error: unknown) => {
      throw storeFailure('Writing a temporary file', error);
    });
    // Its failure is met by the next `await`; until then it must not count as one that nobody handles.
    this.writing.catch(() => undefined);
    this.written += filled;
    this.block = this.spare ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.spare = block;
    this.filled = 0;
    this.syncAhead();
    this.look(full);
  }

  /** One at a time, never waited for while bytes come. Its failure does not count: whoever needs the file to last syncs it at the end. */
  private syncAhead(): void {
    if (this.syncing !== undefined || this.written - this.synced < SYNC_BYTES) return;
    this.synced = this.written;
    this.syncing = this.handle
      .datasync()
      .catch(() => undefined)
      .finally(() => (this.syncing = undefined));
  }
}
