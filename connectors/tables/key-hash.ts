import { randomInt } from 'node:crypto';

/** Looked up once: it is called for every byte. */
const imul: (a: number, b: number) => number = Math.imul.bind(Math);

/** A 64-bit hash over the fields of a key, as two 32-bit words. Seeded by chance: nobody can make files whose keys collide. */
export class KeyHash {
  /** The hash that `of` found last. Never both 0. */
  high = 0;
  low = 0;
  private readonly seed = randomInt(2 ** 31);

  /** Hashes the fields at `slots`. Their ends take part, so `ab,c` and `a,bc` differ. */
  of(bytes: Uint8Array, starts: Int32Array, ends: Int32Array, slots: Int32Array): void {
    let high = this.seed;
    let low = ~this.seed;
    for (const slot of slots) {
      const end = ends[slot] ?? 0;
      for (let at = starts[slot] ?? 0; at < end; at += 1) {
        const byte = bytes[at] ?? 0;
        high = imul(high ^ byte, 0x9e3779b1);
        high ^= high >>> 15;
        low = imul(low + byte, 0x85ebca77);
        low ^= low >>> 13;
      }
      high = imul(high ^ 0x100, 0x27d4eb2f);
      low = imul(low + 0x100, 0x165667b1);
    }
    this.low = mixed(low ^ (high >>> 7));
    this.high = mixed((high + this.low) | 0);
    // Two zeros mean "nothing here" in tables of hashes.
    if (this.high === 0 && this.low === 0) this.low = 1;
  }
}

/** Spreads every bit over the word (the finish of MurmurHash3, public domain). */
function mixed(word: number): number {
  let hash = word ^ (word >>> 16);
  hash = imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
