/** A whole number from 0 to below `limit`, the same sequence for the same seed. */
export type Random = (limit: number) => number;

export function seededRandom(seed: number): Random {
  let state = (seed ^ 0x5deece66) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** The bytes in pieces cut anywhere: often single bytes, sometimes all that is left. */
export function* pieces(bytes: Buffer, random: Random): Generator<Buffer> {
  const most = [1, 3, 20, bytes.length + 1][random(4)] ?? 1;
  for (let at = 0; at < bytes.length;) {
    const size = 1 + random(most);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}
