import { Misfit } from './misfit.js';

/** From about this length on a native call costs less than a loop. */
const LOOP_LENGTH = 48;
const NOT_ASCII = /[^\u0001-\u007f]/;

/** What UTF-8 takes for each unit of a string, at most. */
export const BYTES_PER_UNIT = 3;

/**
 * Writes text where there is room for it, and returns where it ends. Throws a `Misfit` for what no text of PostgreSQL holds. A loop of our
 * own, since Buffer.write is slow where characters are wide and changes half characters in silence.
 */
export function writeUtf8(bytes: Buffer, start: number, text: string): number {
  const { length } = text;
  if (length >= LOOP_LENGTH && !NOT_ASCII.test(text)) return start + bytes.write(text, start, 'latin1');
  let at = start;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) {
      if (code === 0) throw nul();
      bytes[at++] = code;
    } else {
      const end = writeWide(bytes, at, text, index);
      if (end - at === 4) index += 1;
      at = end;
    }
  }
  return at;
}

/** Writes a character that is not ASCII. Returns where it ends: four bytes were two units of the string. */
export function writeWide(bytes: Buffer, at: number, text: string, index: number): number {
  const code = text.charCodeAt(index);
  if (code < 0x800) {
    bytes[at] = 0xc0 | (code >> 6);
    bytes[at + 1] = 0x80 | (code & 63);
    return at + 2;
  }
  if (code < 0xd800 || code > 0xdfff) {
    bytes[at] = 0xe0 | (code >> 12);
    bytes[at + 1] = 0x80 | ((code >> 6) & 63);
    bytes[at + 2] = 0x80 | (code & 63);
    return at + 3;
  }
  const low = text.charCodeAt(index + 1);
  // NaN at the end of the text is in no range.
  if (code > 0xdbff || !(low >= 0xdc00 && low <= 0xdfff))
    throw new Misfit('half a character (a lone surrogate)', 'Mend the text at its source.');
  const point = ((code - 0xd800) << 10) + (low - 0xdc00) + 0x10000;
  bytes[at] = 0xf0 | (point >> 18);
  bytes[at + 1] = 0x80 | ((point >> 12) & 63);
  bytes[at + 2] = 0x80 | ((point >> 6) & 63);
  bytes[at + 3] = 0x80 | (point & 63);
  return at + 4;
}

export function nul(): Misfit {
  return new Misfit('PostgreSQL cannot hold the character NUL', 'Take it out of the text.');
}
