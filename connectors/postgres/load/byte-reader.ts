/**
 * Chunks of bytes or text as something to read from, `size` bytes (or characters) at a time. Chunks are pulled one by one, and only
 * when what is wanted is not there yet.
 */
export interface ByteReader<T extends Uint8Array | string> {
  /** Up to `size`, fewer only at the end; a negative or absent size reads all. Empty when there is nothing left. */
  read: (size?: number) => Promise<T>;
}

export function byteReader(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): ByteReader<Buffer>;
export function byteReader(chunks: AsyncIterable<string> | Iterable<string>): ByteReader<string>;
export function byteReader(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): ByteReader<Buffer> | ByteReader<string>;
export function byteReader(
  chunks: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): ByteReader<Buffer> | ByteReader<string> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  let rest: Uint8Array | string | undefined;
  let isAtEnd = false;
  const read = async (size = -1): Promise<Uint8Array | string> => {
    const wanted = size < 0 ? Infinity : size;
    const parts: (Uint8Array | string)[] = [];
    let length = 0;
    while (length < wanted) {
      if (rest === undefined || rest.length === 0) {
        if (isAtEnd) break;
        const next = await iterator.next();
        if (next.done === true) isAtEnd = true;
        else rest = next.value;
        continue;
      }
      const taken = length + rest.length <= wanted ? rest : cut(rest, 0, wanted - length);
      rest = cut(rest, taken.length);
      parts.push(taken);
      length += taken.length;
    }
    return join(parts, rest);
  };
  // The overloads tell which of the two it is: all chunks are of one kind.
  return { read } as ByteReader<Buffer>;
}

function cut(chunk: Uint8Array | string, start: number, end?: number): Uint8Array | string {
  return typeof chunk === 'string' ? chunk.slice(start, end) : chunk.subarray(start, end);
}

function join(parts: (Uint8Array | string)[], sample: Uint8Array | string | undefined): Uint8Array | string {
  if (typeof (parts[0] ?? sample) === 'string') return parts.join('');
  return Buffer.concat(parts.filter((part) => typeof part !== 'string'));
}
