import { writeMicroseconds } from './microseconds.js';
import { digitAt, NOT_SURE, twoDigits, type Spelling } from './spelling.js';

const MINUS = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const POINT = 0x2e;
const SPACE = 0x20;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
/** `2024-02-29`, and `HH:MM:SS` behind it. */
const DATE_BYTES = 10;
const CLOCK_BYTES = 8;
/** PostgreSQL counts from 2000-01-01. */
const EPOCH_DAY = daysOf(2000, 1, 1);
const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `2024-02-29`: years of four digits, which all settings of DateStyle read alike. */
export const dateSpelling: Spelling = {
  write({ view }, at, source, from, to) {
    const day = to - from === DATE_BYTES ? dayAt(source, from) : NaN;
    if (Number.isNaN(day)) return NOT_SURE;
    view.setInt32(at, 4);
    view.setInt32(at + 4, day);
    return at + 8;
  },
};

/** `23:59:59`, with up to six digits of a fraction. */
export const timeSpelling: Spelling = {
  write(block, at, source, from, to) {
    const seconds = clockAt(source, from, to);
    const end = fractionEnd(source, from + CLOCK_BYTES, to);
    if (Number.isNaN(seconds) || end !== to) return NOT_SURE;
    return writeMicroseconds(block, at, seconds, fractionAt(source, from + CLOCK_BYTES, to));
  },
};

/** ISO 8601 with `T` or a space. One with a zone ends in `Z` or in what is ahead of it: `+02`, `-0330`, `+05:30`. */
export function timestampSpelling({ hasZone }: { hasZone: boolean }): Spelling {
  return {
    write(block, at, source, from, to) {
      const between = source[from + DATE_BYTES];
      if (to - from < DATE_BYTES + 1 + CLOCK_BYTES || (between !== SPACE && between !== LETTER_T)) return NOT_SURE;
      const clock = from + DATE_BYTES + 1;
      const seconds = dayAt(source, from) * 86_400 + clockAt(source, clock, to);
      const end = fractionEnd(source, clock + CLOCK_BYTES, to);
      // Without a zone the session's own would count; with one, where the type has none, it would be passed over in silence.
      const ahead = hasZone ? zoneAt(source, end, to) : end === to ? 0 : NaN;
      const instant = seconds - ahead;
      if (Number.isNaN(instant)) return NOT_SURE;
      return writeMicroseconds(block, at, instant, fractionAt(source, clock + CLOCK_BYTES, end));
    },
  };
}

/** Days since the epoch of PostgreSQL; NaN for what is no day, or of years that are spelt otherwise. */
function dayAt(source: Uint8Array, at: number): number {
  const year = twoDigits(source, at) * 100 + twoDigits(source, at + 2);
  const month = twoDigits(source, at + 5);
  const day = twoDigits(source, at + 8);
  if (source[at + 4] !== MINUS || source[at + 7] !== MINUS || !(year >= 1_000) || !(day >= 1)) return NaN;
  const length = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : MONTHS[month - 1];
  return length !== undefined && day <= length ? daysOf(year, month, day) - EPOCH_DAY : NaN;
}

/** Days since 0000-03-01: years that begin in March have the odd day at their end. */
function daysOf(year: number, month: number, day: number): number {
  const from = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const leap = Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400);
  return from * 365 + leap + Math.floor((months * 153 + 2) / 5) + day;
}

function clockAt(source: Uint8Array, at: number, to: number): number {
  if (to - at < CLOCK_BYTES || source[at + 2] !== COLON || source[at + 5] !== COLON) return NaN;
  const hours = twoDigits(source, at);
  const minutes = twoDigits(source, at + 3);
  const seconds = twoDigits(source, at + 6);
  // The server takes 24:00:00 and 23:59:60 as well, by rules of its own.
  return hours < 24 && minutes < 60 && seconds < 60 ? hours * 3_600 + minutes * 60 + seconds : NaN;
}

/** Behind the point and its digits, of which there are six at most: what is longer ends too early, so that nothing fits behind it. */
function fractionEnd(source: Uint8Array, at: number, to: number): number {
  if (at >= to || source[at] !== POINT) return at;
  let end = at + 1;
  while (end < to && end < at + 7 && digitAt(source, end) <= 9) end += 1;
  return end === at + 1 ? at : end;
}

/** In microseconds. */
function fractionAt(source: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let place = at + 1; place < at + 7; place++) value = value * 10 + (place < end ? digitAt(source, place) : 0);
  return value;
}

/** Seconds ahead of UTC. */
function zoneAt(source: Uint8Array, at: number, to: number): number {
  const sign = source[at];
  if (to - at === 1) return sign === LETTER_Z ? 0 : NaN;
  if (sign !== PLUS && sign !== MINUS) return NaN;
  const length = to - at;
  const minutesAt =
    length === 3 ? undefined : length === 5 ? at + 3 : length === 6 && source[at + 3] === COLON ? at + 4 : -1;
  if (minutesAt === -1) return NaN;
  const hours = twoDigits(source, at + 1);
  const minutes = minutesAt === undefined ? 0 : twoDigits(source, minutesAt);
  if (!(hours < 15) || !(minutes < 60)) return NaN;
  return (hours * 3_600 + minutes * 60) * (sign === MINUS ? -1 : 1);
}
