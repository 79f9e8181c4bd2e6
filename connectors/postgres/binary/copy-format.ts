import type { Block } from './block.js';

/** Signature, no flags, no header extension. */
export const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** No row: its number of fields is -1. */
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/** Begins a COPY in binary format in an empty block. Returns where the first row begins. */
export function copyStart(block: Block): number {
  return COPY_HEADER.copy(block.bytes);
}

/** Ends it. Returns where it has ended. */
export function copyEnd(block: Block, at: number): number {
  block.ensure(at, COPY_TRAILER.length);
  return at + COPY_TRAILER.copy(block.bytes, at);
}
