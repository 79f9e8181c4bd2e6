/** Bytes on their way, chunk by chunk. `return` ends what they come from. */
export interface Chunks extends AsyncIterable<Buffer> {
  next(): Promise<IteratorResult<Buffer, unknown>>;
  return(value: undefined): Promise<IteratorResult<Buffer, unknown>>;
}

/**
 * `start`, and what comes behind it. No generator: each would take its turns of the event loop for every chunk, in a chain of them that
 * a large table goes through for more time than its bytes take.
 */
export function startingWith(start: Buffer, rest: Chunks): Chunks {
  let isStart = start.length > 0;
  return chunksOf(
    () => {
      if (!isStart) return rest.next();
      isStart = false;
      return Promise.resolve({ done: false, value: start });
    },
    (value) => rest.return(value),
  );
}

/** The same chunks, told to `onChunk` as they go by. */
export function watched(chunks: Chunks, onChunk: (chunk: Buffer) => void): Chunks {
  return chunksOf(
    async () => {
      const next = await chunks.next();
      if (next.done !== true) onChunk(next.value);
      return next;
    },
    (value) => chunks.return(value),
  );
}

/** The first `bytes` bytes at least, where there are as many, and all bytes with them. */
export async function peek(chunks: Chunks, bytes: number): Promise<{ start: Buffer; all: Chunks }> {
  let start: Buffer = Buffer.alloc(0);
  while (start.length < bytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return { start, all: startingWith(start, chunks) };
}

function chunksOf(next: Chunks['next'], end: Chunks['return']): Chunks {
  return {
    next,
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
