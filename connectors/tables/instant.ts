/** Days before each month in a year that begins with March: leap days then come last. */
const MARCH_DAYS = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337];
const DAYS_IN_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_TO_1970 = 719_468;

/**
 * Reads instants from bytes, without an object for each: `2025-03-01 12:34:00.053106+00`, `2025-03-01T12:34:00Z`, `2025-03-01`.
 * Offsets may have two digits (PostgreSQL's way, as in TitanRDM's exports), four, or a colon; none means UTC (as TitanRDM reads it).
 */
export class InstantReader {
  /** Seconds since 1970, UTC; with `nanos` what the latest `read` found. */
  seconds = 0;
  nanos = 0;
  private at = 0;

  /** False when these bytes are no instant. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.at = start;
    this.nanos = 0;
    const year = this.digits(bytes, end, 4);
    const month = this.after(bytes, end, 0x2d);
    const day = this.after(bytes, end, 0x2d);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > (DAYS_IN_MONTH[month - 1] ?? 0)) return false;
    let seconds = daysSince1970(year, month, day) * 86_400;
    if (this.at < end) {
      const separator = bytes[this.at++] ?? 0;
      const hour = this.digits(bytes, end, 2);
      const minute = this.after(bytes, end, 0x3a);
      if ((separator !== 0x20 && (separator | 0x20) !== 0x74) || hour < 0 || hour > 24 || minute < 0 || minute > 59)
        return false;
      const second = bytes[this.at] === 0x3a ? this.after(bytes, end, 0x3a) : 0;
      if (second < 0 || second > 60 || !this.fraction(bytes, end)) return false;
      const offset = this.offset(bytes, end);
      if (Number.isNaN(offset)) return false;
      seconds += hour * 3_600 + minute * 60 + second - offset;
    }
    this.seconds = seconds;
    return this.at === end;
  }

  /** A number of exactly `count` digits, or -1. */
  private digits(bytes: Uint8Array, end: number, count: number): number {
    if (this.at + count > end) return -1;
    let value = 0;
    for (let digit = 0; digit < count; digit += 1) {
      const byte = (bytes[this.at + digit] ?? 0) - 0x30;
      if (byte < 0 || byte > 9) return -1;
      value = value * 10 + byte;
    }
    this.at += count;
    return value;
  }

  /** Two digits behind a certain byte, or -1. */
  private after(bytes: Uint8Array, end: number, separator: number): number {
    if (bytes[this.at] !== separator) return -1;
    this.at += 1;
    return this.digits(bytes, end, 2);
  }

  private fraction(bytes: Uint8Array, end: number): boolean {
    if (this.at >= end || bytes[this.at] !== 0x2e) return true;
    let scale = 100_000_000;
    const first = (this.at += 1);
    for (; this.at < end; this.at += 1) {
      const digit = (bytes[this.at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      // Digits beyond the ninth are below what is compared.
      if (scale >= 1) this.nanos += digit * scale;
      scale /= 10;
    }
    return this.at > first;
  }

  /** Seconds east of UTC; NaN when it is no offset. */
  private offset(bytes: Uint8Array, end: number): number {
    if (this.at >= end) return 0;
    const sign = bytes[this.at++] ?? 0;
    if ((sign | 0x20) === 0x7a) return 0;
    const hours = this.digits(bytes, end, 2);
    if ((sign !== 0x2b && sign !== 0x2d) || hours < 0) return Number.NaN;
    if (bytes[this.at] === 0x3a && this.at < end) this.at += 1;
    const minutes = this.at < end ? this.digits(bytes, end, 2) : 0;
    if (minutes < 0 || minutes > 59) return Number.NaN;
    return (sign === 0x2b ? 1 : -1) * (hours * 3_600 + minutes * 60);
  }
}

function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + (MARCH_DAYS[(month + 9) % 12] ?? 0) + day - 1 - DAYS_TO_1970;
}

const LONGEST_REMEMBERED = 64;

/** Keeps the largest of the instants shown to it, compared as instants, whatever their offsets. */
export class LargestInstant {
  private readonly reader = new InstantReader();
  private seconds = Number.NEGATIVE_INFINITY;
  private nanos = 0;
  private latest = '';
  private unreadable = false;
  /** What was shown last: the rows of one import have the same instant, which need not be read for each of them. */
  private readonly previous = new Uint8Array(LONGEST_REMEMBERED);
  private previousLength = -1;

  /** Bytes that are no instant spoil the result: a mark must never be ahead of what was understood. */
  observe(bytes: Uint8Array, start: number, end: number): void {
    if (this.isPrevious(bytes, start, end)) return;
    const { reader } = this;
    if (!reader.read(bytes, start, end)) {
      this.unreadable = true;
    } else if (reader.seconds > this.seconds || (reader.seconds === this.seconds && reader.nanos > this.nanos)) {
      this.seconds = reader.seconds;
      this.nanos = reader.nanos;
      this.latest = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    }
  }

  /** Otherwise remembers it as the previous one. */
  private isPrevious(bytes: Uint8Array, start: number, end: number): boolean {
    const { previous } = this;
    const length = end - start;
    let same = length === this.previousLength ? 0 : -1;
    while (same >= 0 && same < length && previous[same] === bytes[start + same]) same += 1;
    if (same === length) return true;
    this.previousLength = length > LONGEST_REMEMBERED ? -1 : length;
    if (length <= LONGEST_REMEMBERED) for (let at = 0; at < length; at += 1) previous[at] = bytes[start + at] ?? 0;
    return false;
  }

  /** ISO 8601 with an offset of hours and minutes and every digit of the fraction; null when there was none, or one not understood. */
  get value(): string | null {
    return this.latest === '' || this.unreadable ? null : isoInstant(this.latest);
  }
}

/** An instant as `InstantReader` reads it, in the spelling that every parser takes: `2025-03-01T12:34:00.053106+00:00`. */
function isoInstant(text: string): string {
  const [, date = '', time = '00:00:00', sign = '+', hours = '00', minutes = '00'] =
    /^(\S{10})(?:[ Tt]([\d:.]+)(?:[Zz]|([+-])(\d\d):?(\d\d)?)?)?$/u.exec(text) ?? [];
  return `${date}T${time}${sign}${hours}:${minutes}`;
}
