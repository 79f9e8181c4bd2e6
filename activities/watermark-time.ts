/** A date, with a time of day and an offset where they are given, as PostgreSQL, TitanRDM and ISO 8601 write it. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d(?::?\d\d)?)?)?$/iu;

/**
 * The instant that a high watermark stands for, in seconds since 1970, or undefined for one that is no time: a number, a list of files.
 * Without an offset it is taken as UTC.
 */
export function watermarkTime(value: unknown): number | undefined {
  const [, date, time = '00:00', offset = 'Z'] = (typeof value === 'string' ? TIME.exec(value) : null) ?? [];
  if (date === undefined) return undefined;
  // `+02` and `+0200` are known to databases, not to JavaScript.
  const [, sign, hours, minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/u.exec(offset) ?? [];
  const milliseconds = Date.parse(`${date}T${time}${sign === undefined ? 'Z' : `${sign}${hours}:${minutes}`}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1_000;
}
