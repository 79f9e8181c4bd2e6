import { isUtf8 } from 'node:buffer';

/** Checks a stream of bytes for UTF-8, chunk by chunk; a character may be cut by the end of a chunk. */
export class Utf8Guard {
  /** First bytes of a character whose rest comes with the next chunk: at most 3. */
  private open: Buffer = Buffer.alloc(0);

  /** -1 when all is well; otherwise how many bytes of this chunk are well before the first that is not. */
  check(chunk: Uint8Array): number {
    let start = 0;
    if (this.open.length > 0) {
      const needed = lengthOf(this.open[0] ?? 0) - this.open.length;
      const joined = Buffer.concat([this.open, chunk.subarray(0, needed)]);
      if (chunk.length < needed) {
        this.open = joined;
        return isBeginning(joined) ? -1 : 0;
      }
      if (!isUtf8(joined)) return 0;
      start = needed;
    }
    const end = chunk.length - cutOff(chunk, start);
    this.open = Buffer.from(chunk.subarray(end));
    if (isUtf8(chunk.subarray(start, end)) && isBeginning(this.open)) return -1;
    return firstBad(chunk, start, end);
  }

  /** True when the stream ends within a character. */
  get incomplete(): boolean {
    return this.open.length > 0;
  }
}

/** Bytes of the character that starts with this byte; 1 for a byte that can't start one. */
function lengthOf(first: number): number {
  if (first >= 0xf0 && first <= 0xf4) return 4;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xc2 && first <= 0xdf ? 2 : 1;
}

/** How many bytes at the end begin a character that is not complete. */
function cutOff(bytes: Uint8Array, from: number): number {
  for (let back = 1; back <= 3 && bytes.length - back >= from; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) !== 0x80) return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

/** Whether these bytes can still become a character: shortest forms and surrogates are settled by the second byte. */
function isBeginning(bytes: Uint8Array): boolean {
  const [first = 0, second] = bytes;
  if (second === undefined) return true;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high && bytes.subarray(2).every((byte) => (byte & 0xc0) === 0x80);
}

/** Length of the longest good prefix, by halving, then by single characters where the halves meet. */
function firstBad(bytes: Uint8Array, start: number, end: number): number {
  let good = start;
  let bad = end;
  while (bad - good > 1) {
    const middle = good + ((bad - good) >> 1);
    const whole = middle - cutOff(bytes.subarray(0, middle), good);
    if (whole <= good) break;
    if (isUtf8(bytes.subarray(good, whole))) good = whole;
    else bad = middle;
  }
  for (let length = 1; length <= 4 && good + length <= end; length += 1) {
    if (!isUtf8(bytes.subarray(good, good + length))) continue;
    good += length;
    length = 0;
  }
  return good;
}
