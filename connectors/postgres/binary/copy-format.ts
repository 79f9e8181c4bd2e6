import type { Block } from './block.js';

/** Signature, no flags, no header extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);

/** Begins a COPY in binary format in an empty block. Returns where the first row begins. */
export function copyStart(block: Block): number {
  return HEADER.copy(block.bytes);
}

/** Ends it. Returns where it has ended. */
export function copyEnd(block: Block, at: number): number {
  block.ensure(at, TRAILER.length);
  return at + TRAILER.copy(block.bytes, at);
}
