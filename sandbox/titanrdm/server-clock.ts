/** `trdm_effective_to` of a current version, spelled as the product does (two-digit offset). */
export const HIGH_DATE = '9999-12-31T00:00:00+00';

/** An instant as files spell it: UTC, six fraction digits, two-digit offset. Such texts sort as the instants do. */
export function instantText(microseconds: bigint): string {
  const milliseconds = Number(microseconds / 1000n);
  const rest = String(microseconds % 1000n).padStart(3, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}+00`;
}

/** The server's clock: never gives the same microsecond twice, so that two commits never share a timestamp. */
export class ServerClock {
  private last = 0n;

  now(): string {
    const current = BigInt(Date.now()) * 1000n;
    this.last = current > this.last ? current : this.last + 1n;
    return instantText(this.last);
  }
}

const MARK = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d+))?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** A high-water mark as an instant text; without offset it is UTC, a date alone is midnight. Undefined when it is no mark. */
export function parseMark(text: string): string | undefined {
  const [, date, time = '00:00', fraction = '', offset = 'Z'] = MARK.exec(text.trim()) ?? [];
  if (date === undefined) return undefined;
  const [, sign, hours = '', minutes = '00'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset) ?? [];
  const zone = sign === undefined ? 'Z' : `${sign}${hours}:${minutes}`;
  const milliseconds = Date.parse(`${date}T${time}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return instantText(BigInt(milliseconds) * 1000n + BigInt(fraction.slice(0, 6).padEnd(6, '0')));
}
