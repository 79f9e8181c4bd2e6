import { Readable } from 'node:stream';
import type { SpoolFile } from './spool.js';

const READ_BYTES = 256 * 1024;

/** The bytes of a temporary file. At its end, or when it is destroyed, the file is removed; only then it emits `close`. */
export class SpoolStream extends Readable {
  private position = 0;

  constructor(private readonly spool: SpoolFile) {
    super({ highWaterMark: READ_BYTES });
  }

  override _read(): void {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    this.spool.handle.read(buffer, 0, READ_BYTES, this.position).then(
      ({ bytesRead }) => {
        this.position += bytesRead;
        this.push(bytesRead === 0 ? null : buffer.subarray(0, bytesRead));
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.spool.remove().then(
      () => done(error),
      () => done(error),
    );
  }
}
