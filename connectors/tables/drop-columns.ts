const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Leaves columns out of CSV bytes, cut anywhere, and keeps every other byte as it was. For well-formed CSV only: what checks it must
 * have seen the same bytes before.
 */
export class DropColumns {
  private readonly dropped: Uint8Array;
  private column = 0;
  private inQuotes = false;
  /** Whether the row has a field already in what is kept, so that the next one needs a comma. */
  private hasField = false;
  private keeping: boolean;
  private skip: number;

  /** `bomBytes` at the beginning go too. */
  constructor(columns: readonly number[], bomBytes = 0) {
    this.dropped = new Uint8Array(Math.max(0, ...columns) + 1);
    for (const index of columns) this.dropped[index] = 1;
    this.keeping = this.dropped[0] !== 1;
    this.skip = bomBytes;
  }

  /** The bytes of the chunk that stay. */
  push(bytes: Uint8Array): Buffer {
    const from = Math.min(this.skip, bytes.length);
    this.skip -= from;
    // At most one comma more than bytes: the one due from the chunk before.
    const kept = Buffer.allocUnsafe(bytes.length + 1);
    let length = 0;
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) this.inQuotes = !this.inQuotes;
      if (byte > COMMA || this.inQuotes || (byte !== COMMA && byte !== LF && byte !== CR)) {
        if (this.keeping) kept[length++] = byte;
      } else if (byte === COMMA) {
        this.hasField ||= this.keeping;
        this.column += 1;
        this.keeping = this.dropped[this.column] !== 1;
        if (this.keeping && this.hasField) kept[length++] = COMMA;
      } else {
        kept[length++] = byte;
        if (byte === CR) continue;
        this.column = 0;
        this.hasField = false;
        this.keeping = this.dropped[0] !== 1;
      }
    }
    return kept.subarray(0, length);
  }
}
