import type { Block } from '../binary/block.js';

/** Seconds, whole and maybe negative, and microseconds beyond them as one integer of 64 bits: more than a number holds exactly. */
export function writeMicroseconds({ view }: Block, at: number, seconds: number, microseconds: number): number {
  // In two parts of which each stays exact: 2^16 seconds and what is left of them.
  const upper = Math.floor(seconds / 0x1_0000);
  const lower = (seconds - upper * 0x1_0000) * 1e6 + microseconds;
  const high = Math.floor((upper * 1e6) / 0x1_0000);
  const low = (upper * 1e6 - high * 0x1_0000) * 0x1_0000 + lower;
  const carry = Math.floor(low / 0x1_0000_0000);
  view.setInt32(at, 8);
  view.setInt32(at + 4, high + carry);
  view.setUint32(at + 8, low - carry * 0x1_0000_0000);
  return at + 12;
}
