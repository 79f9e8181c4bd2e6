import type { Block } from '../binary/block.js';
import type { Spelling } from './spelling.js';

const QUOTE = 0x22;
/** From about this length on a native call costs less than a loop. */
const LOOP_BYTES = 64;

/** Text, json and enums: as they are. */
export const textSpelling: Spelling = {
  version: 0,
  write: (block, at, source, from, to) => writeText(0, block, at, source, from, to),
};

/** The text of JSON after the format's version. */
export const jsonbSpelling: Spelling = {
  version: 1,
  write: (block, at, source, from, to) => writeText(1, block, at, source, from, to),
};

function writeText(version: 0 | 1, block: Block, at: number, source: Uint8Array, from: number, to: number): number {
  const start = startText(version, block, at, to - from);
  const { bytes } = block;
  if (to - from > LOOP_BYTES) bytes.set(source.subarray(from, to), start);
  else for (let index = from, target = start; index < to; index++, target++) bytes[target] = source[index] ?? 0;
  return start + to - from;
}

/** What stands between the quotes of a CSV field, doubled ones once. */
export function writeUnquoted(
  version: 0 | 1,
  block: Block,
  at: number,
  source: Uint8Array,
  from: number,
  to: number,
): number {
  const { bytes } = block;
  const start = at + 4 + version;
  let end = start;
  for (let index = from; index < to; index++) {
    const byte = source[index] ?? 0;
    bytes[end++] = byte;
    // The second half of a doubled quote.
    if (byte === QUOTE) index += 1;
  }
  startText(version, block, at, end - start);
  return end;
}

function startText(version: 0 | 1, { bytes, view }: Block, at: number, length: number): number {
  view.setInt32(at, length + version);
  if (version === 1) bytes[at + 4] = 1;
  return at + 4 + version;
}
