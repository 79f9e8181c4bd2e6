import { titanError } from './errors.js';

/**
 * A high watermark as TitanRDM takes it (titan-rdm-sdk 2.0.0): ISO 8601 with an explicit numeric offset. `Z` and no offset are
 * UTC, a given offset is kept, a date alone gains midnight UTC, digits beyond the microsecond are dropped. Offsets of two digits
 * (`+00`), as in the files that TitanRDM exports, are understood too. Error: `TITAN_BAD_MARK`.
 */
export function normaliseMark(mark: string | Date): string {
  const { date, time, fraction, offset } = parse(mark);
  return `${date}T${time}${fraction === '' ? '' : `.${fraction}`}${offset}`;
}

/** Microseconds since 1970 UTC, so that marks of different offsets and precision can be compared. Error: `TITAN_BAD_MARK`. */
export function markMicroseconds(mark: string | Date): bigint {
  const { date, time, fraction, offset } = parse(mark);
  return BigInt(Date.parse(`${date}T${time}${offset}`)) * 1_000n + BigInt(fraction.padEnd(6, '0'));
}

/** The latest of some marks, as it was given; null when there is none. Error: `TITAN_BAD_MARK`. */
export function latestMark(marks: Iterable<string>): string | null {
  let latest: { mark: string; at: bigint } | null = null;
  for (const mark of marks) {
    const at = markMicroseconds(mark);
    if (latest === null || at > latest.at) latest = { mark, at };
  }
  return latest?.mark ?? null;
}

/** What lies `seconds` before a mark, in UTC with six digits: the server is asked for no less than it was told of. Error: `TITAN_BAD_MARK`. */
export function markBefore(mark: string, seconds: number): string {
  const at = markMicroseconds(mark) - BigInt(Math.ceil(seconds * 1_000_000));
  const milliseconds = at / 1_000n - (at % 1_000n < 0n ? 1n : 0n);
  const rest = at - milliseconds * 1_000n;
  const text = new Date(Number(milliseconds)).toISOString();
  return `${text.slice(0, -1)}${String(rest).padStart(3, '0')}+00:00`;
}

const MARK =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[Tt ](?<time>\d{2}:\d{2})(?<seconds>:\d{2})?(?:[.,](?<fraction>\d+))?\s?(?<offset>[Zz]|[+-]\d{2}(?::?\d{2})?)?)?$/u;

function parse(mark: string | Date): { date: string; time: string; fraction: string; offset: string } {
  if (mark instanceof Date) {
    if (Number.isNaN(mark.getTime())) throw badMark('an invalid Date');
    return parse(mark.toISOString());
  }
  const groups = MARK.exec(mark.trim())?.groups;
  if (groups === undefined) throw badMark(JSON.stringify(mark.slice(0, 60)));
  const date = groups['date'] ?? '';
  const time = groups['time'] === undefined ? '00:00:00' : groups['time'] + (groups['seconds'] ?? ':00');
  const offset = offsetOf(groups['offset']);
  if (!isReal(date, time, offset)) throw badMark(JSON.stringify(mark.slice(0, 60)));
  return { date, time, fraction: (groups['fraction'] ?? '').slice(0, 6), offset };
}

function offsetOf(offset: string | undefined): string {
  if (offset === undefined || /^z$/iu.test(offset)) return '+00:00';
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  return `${offset.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}

/** `Date` turns the 30th of February into March: only a date that comes back unchanged exists. */
function isReal(date: string, time: string, offset: string): boolean {
  const asUtc = new Date(`${date}T${time}Z`);
  if (Number.isNaN(asUtc.getTime()) || !asUtc.toISOString().startsWith(`${date}T${time}`)) return false;
  return !Number.isNaN(Date.parse(`${date}T${time}${offset}`));
}

function badMark(shown: string): Error {
  return titanError('TITAN_BAD_MARK', `The high watermark ${shown} is not an ISO 8601 date-time`);
}
