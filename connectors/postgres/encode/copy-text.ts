import { nul, writeWide } from './utf8.js';

const TAB = 9;
const NEWLINE = 10;
const BACKSLASH = 92;
const PLAIN = 0;
const REFUSED = 1;
/** What stands for a character after a backslash, or one of the two above. */
const ESCAPED = new Uint8Array(128);
ESCAPED[0] = REFUSED;
ESCAPED[TAB] = 0x74;
ESCAPED[NEWLINE] = 0x6e;
ESCAPED[13] = 0x72;
ESCAPED[BACKSLASH] = BACKSLASH;

/** Other characters than printable ASCII without the backslash: too careful by a few, which costs nothing but time. */
const NOT_PLAIN = /[^ -[\]-~]/;

const START_BYTES = 256 * 1024;
const NULL_MARK = '\\N';

/**
 * COPY's text format, UTF-8, in a buffer that grows. One pass over each value escapes it, encodes it and finds what no text of
 * PostgreSQL holds; measured twice as fast as a string per block and Buffer.write, whose wide characters cost most.
 */
export class CopyText {
  #buffer = Buffer.allocUnsafeSlow(START_BYTES);
  #at = 0;
  #rowStart = 0;

  /** Bytes of whole rows. */
  get size(): number {
    return this.#rowStart;
  }

  /** A value of the row that is being written, tab before it where it is not the first. */
  field(text: string, isFirst: boolean): void {
    // 3 bytes for a UTF-16 unit at most, 2 for an escaped one; tab and newline besides.
    const room = this.#at + text.length * 3 + 2;
    if (room > this.#buffer.length) this.#grow(room);
    if (!isFirst) this.#buffer[this.#at++] = TAB;
    this.#at = write(this.#buffer, this.#at, text);
  }

  nullField(isFirst: boolean): void {
    const room = this.#at + NULL_MARK.length + 2;
    if (room > this.#buffer.length) this.#grow(room);
    if (!isFirst) this.#buffer[this.#at++] = TAB;
    this.#buffer[this.#at++] = BACKSLASH;
    this.#buffer[this.#at++] = 0x4e;
  }

  endRow(): void {
    // Each field has left room for it; a row without fields needs it, too.
    if (this.#at + 1 > this.#buffer.length) this.#grow(this.#at + 1);
    this.#buffer[this.#at++] = NEWLINE;
    this.#rowStart = this.#at;
  }

  /** Forgets the row that is being written: what stands is whole rows. */
  dropRow(): void {
    this.#at = this.#rowStart;
  }

  /** The whole rows so far, which are the caller's from now on. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#rowStart);
    // A buffer of its own each time, since a stream may hold the last one still; after one huge row it need not stay huge.
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(START_BYTES, Math.min(this.#buffer.length, this.#rowStart * 2)));
    this.#at = 0;
    this.#rowStart = 0;
    return taken;
  }

  #grow(room: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(room, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}

/** Returns where the next byte goes. The plain run that most values are comes first, in as tight a loop as can be. */
function write(buffer: Buffer, start: number, text: string): number {
  const length = text.length;
  // From about this length on a native call costs less than a loop.
  if (length >= 48 && !NOT_PLAIN.test(text)) return start + buffer.write(text, start, 'latin1');
  let index = 0;
  for (; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80 || ESCAPED[code] !== PLAIN) return writeCarefully(buffer, start + index, text, index);
    buffer[start + index] = code;
  }
  return start + length;
}

function writeCarefully(buffer: Buffer, start: number, text: string, from: number): number {
  let at = start;
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x80) {
      const escaped = ESCAPED[code] ?? PLAIN;
      if (escaped === PLAIN) {
        buffer[at++] = code;
      } else {
        if (escaped === REFUSED) throw nul();
        buffer[at++] = BACKSLASH;
        buffer[at++] = escaped;
      }
    } else {
      const end = writeWide(buffer, at, text, index);
      if (end - at === 4) index += 1;
      at = end;
    }
  }
  return at;
}
