import type { FileHandle } from 'node:fs/promises';

/** Large enough that a read costs little beside the work on its bytes, small enough that the event loop stays free (about 2 ms each). */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Hands a file's bytes to `take`, chunk by chunk, reading ahead while `take` works. The bytes are valid only until `take` returns
 * (or its promise settles).
 */
export async function forEachChunk(
  handle: FileHandle,
  range: { start: number; end: number },
  take: (chunk: Uint8Array) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const size = Math.min(CHUNK_BYTES, Math.max(1, range.end - range.start));
  let ready = Buffer.allocUnsafeSlow(size);
  let spare = Buffer.allocUnsafeSlow(size);
  let position = range.start;
  const readInto = (buffer: Buffer): Promise<{ bytesRead: number }> => {
    const read = handle.read(buffer, 0, Math.min(size, range.end - position), position);
    // Its failure is met by the next `await`; until then it must not count as one that nobody handles.
    read.catch(() => undefined);
    return read;
  };
  let reading = readInto(ready);
  try {
    while (position < range.end) {
      signal?.throwIfAborted();
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      position += bytesRead;
      const chunk = ready.subarray(0, bytesRead);
      [ready, spare] = [spare, ready];
      if (position < range.end) reading = readInto(ready);
      const taken = take(chunk);
      if (taken !== undefined) await taken;
    }
  } finally {
    // The file must not be closed under a read that is under way; its failure has been told or does not matter any more.
    await reading.catch(() => undefined);
  }
}

/** Writes all of these bytes, however many calls that takes. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}
