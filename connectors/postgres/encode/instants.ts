import { isDate, isPlainObject, Misfit, unfit } from './misfit.js';

const DAY_MS = 86_400_000;
/** Two digits of each number below 60, and three of each below 1000: dates are written by the million. */
const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const THREE = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'));

/** timestamp and timestamptz: a Date is its instant in UTC, with the zone said where the type has one. Text goes as it is. */
export function timestampText(zone: '' | '+00'): (value: unknown) => string {
  // Rows of one batch are often of one day.
  let day = NaN;
  let dayText = '';
  let era = '';
  return (value) => {
    if (typeof value === 'string') return value;
    const time = timeOf(value, 'timestamp');
    const ofDay = ((time % DAY_MS) + DAY_MS) % DAY_MS;
    if (time - ofDay !== day) {
      day = time - ofDay;
      [dayText, era] = dayOf(day);
    }
    const seconds = Math.floor(ofDay / 1_000);
    const clock = `${TWO[Math.floor(seconds / 3_600)]}:${TWO[Math.floor(seconds / 60) % 60]}:${TWO[seconds % 60]}`;
    return `${dayText} ${clock}.${THREE[ofDay % 1_000]}${zone}${era}`;
  };
}

/**
 * date: a Date must be midnight in UTC; of another instant it would depend on the reader's zone which day is meant.
 * Text goes as it is: `2024-02-29`, `infinity`, `0044-03-15 BC`.
 */
export function dateText(value: unknown): string {
  if (typeof value === 'string') return value;
  const time = timeOf(value, 'date');
  if (time % DAY_MS !== 0)
    throw new Misfit('a Date that is not midnight in UTC is no date', "Give text: '2024-02-29'.");
  return dayOf(time).join('');
}

const INTERVAL_UNITS = ['years', 'months', 'days', 'hours', 'minutes', 'seconds', 'milliseconds'];

/** interval: text, or an object of units as node-postgres makes them: `{days: 1, seconds: 5}`. */
export function intervalText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isPlainObject(value)) throw unfit(value, 'interval', "Give text ('1 day 00:00:05') or {days: 1, seconds: 5}.");
  const amounts = new Map<string, number>();
  for (const [key, amount] of Object.entries(value)) {
    if (!INTERVAL_UNITS.includes(key))
      throw new Misfit('an object with other keys than units of time is no interval', 'Give {days: 1, seconds: 5}.');
    if (typeof amount !== 'number' || !Number.isFinite(amount)) throw new Misfit('an interval needs finite numbers');
    // The server takes seconds with a fraction for milliseconds said already.
    const unit = key === 'milliseconds' ? 'seconds' : key;
    amounts.set(unit, (amounts.get(unit) ?? 0) + (key === unit ? amount : amount / 1_000));
  }
  // It reads no exponents here, and knows microseconds at most.
  return [...amounts].map(([unit, amount]) => `${amount.toFixed(6)} ${unit}`).join(' ') || '0';
}

function timeOf(value: unknown, type: string): number {
  if (!isDate(value)) throw unfit(value, type, 'Give a Date, or text as PostgreSQL reads it.');
  const time = value.getTime();
  if (Number.isNaN(time)) throw new Misfit('an invalid Date');
  return time;
}

/** The day as the server reads it under any DateStyle, and the era, which comes last of all. ISO's year 0 is 1 BC. */
function dayOf(midnight: number): [day: string, era: string] {
  const date = new Date(midnight);
  const year = date.getUTCFullYear();
  const digits = String(year > 0 ? year : 1 - year).padStart(4, '0');
  return [`${digits}-${TWO[date.getUTCMonth() + 1]}-${TWO[date.getUTCDate()]}`, year > 0 ? '' : ' BC'];
}
