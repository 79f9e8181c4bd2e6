/** What some programs write in front of UTF-8. */
const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** Takes a byte order mark off the beginning of a stream, where it may come in pieces. */
export class ByteOrderMark {
  /** Bytes of the mark: 0 or 3. */
  bytes = 0;
  isSettled = false;
  /** Bytes held back since they may begin a mark. */
  private held = 0;

  /** The bytes without the mark; bytes that only began like one are put back. */
  take(bytes: Uint8Array): Uint8Array {
    const { held } = this;
    let at = 0;
    while (held + at < MARK.length && at < bytes.length && bytes[at] === MARK[held + at]) at += 1;
    this.held = held + at;
    if (this.held < MARK.length && at === bytes.length) return bytes.subarray(at);
    this.isSettled = true;
    if (this.held < MARK.length) return Buffer.concat([MARK.subarray(0, held), bytes]);
    this.bytes = MARK.length;
    return bytes.subarray(at);
  }

  /** To be called when there is no more: what is still held back. */
  end(): Uint8Array {
    if (this.isSettled) return MARK.subarray(0, 0);
    this.isSettled = true;
    return MARK.subarray(0, this.held);
  }
}
