import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { BlockWriter } from './block-writer.js';
import type { CsvObserver } from './csv-observer.js';
import { badEncoding } from './errors.js';
import type { CsvTable } from './port.js';

const READ_BYTES = 256 * 1024;

/** An opened CSV file as a table; the stream closes it. A byte order mark is left out. Error `BAD_ENCODING` for UTF-16. */
export async function openCsv(handle: FileHandle, path: string, where: string): Promise<CsvTable> {
  const { start, size } = await startOfCsv(handle, where);
  const stream = handle.createReadStream({ start, highWaterMark: READ_BYTES });
  return { stream, bytes: size - start, ...(start > 0 ? {} : { path }) };
}

/** The bytes of an opened CSV file without its byte order mark. The file stays open, whatever becomes of the reading. */
export async function* csvBytes(handle: FileHandle, where: string): AsyncGenerator<Buffer> {
  let { start } = await startOfCsv(handle, where);
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, start);
    if (bytesRead === 0) return;
    start += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Where the rows begin: behind a byte order mark. */
async function startOfCsv(handle: FileHandle, where: string): Promise<{ start: number; size: number }> {
  const { size } = await handle.stat();
  const { buffer } = await handle.read(Buffer.alloc(3), 0, 3, 0);
  if (size >= 2 && ((buffer[0] === 0xff && buffer[1] === 0xfe) || (buffer[0] === 0xfe && buffer[1] === 0xff))) {
    throw badEncoding(where, 'UTF-16 text');
  }
  const hasBom = size >= 3 && buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf;
  return { start: hasBom ? 3 : 0, size };
}

/** Writes a stream to a file while `observer` watches. Returns the bytes written. */
export async function receive(
  source: Readable,
  handle: FileHandle,
  observer: CsvObserver,
  signal?: AbortSignal,
): Promise<number> {
  const writer = new BlockWriter(handle, (block) => observer.observe(block));
  const stop = (): void => void source.destroy();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of source as AsyncIterable<Buffer | string>) {
      const full = writer.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      if (full !== undefined) await full;
    }
    await writer.end();
    signal?.throwIfAborted();
    observer.end();
    return writer.bytes;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    source.destroy();
    await writer.settle();
  }
}
