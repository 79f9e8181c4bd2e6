import { Misfit } from '../encode/misfit.js';
import type { Block } from './block.js';

export type IntegerBytes = 2 | 4 | 8;

/** Its two words of 32 bits, the upper one signed. Throws `Misfit` for one that takes more bytes. */
export function writeInteger(block: Block, at: number, bytes: IntegerBytes, high: number, low: number): number {
  const { view } = block;
  view.setInt32(at, bytes);
  if (bytes === 8) {
    view.setInt32(at + 4, high);
    view.setInt32(at + 8, low);
    return at + 12;
  }
  if (high !== low >> 31 || (bytes === 2 && low !== (low << 16) >> 16)) throw outOfRange(bytes);
  if (bytes === 4) view.setInt32(at + 4, low);
  else view.setInt16(at + 4, low);
  return at + 4 + bytes;
}

export function outOfRange(bytes: IntegerBytes): Misfit {
  const type = { 2: 'smallint', 4: 'integer', 8: 'bigint' }[bytes];
  return new Misfit(`out of range for ${type}`, 'Make the column wider, or mend the value at its source.');
}
