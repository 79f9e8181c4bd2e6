// The times of a Schedule as Temporal keeps them, read from cron expressions and from single fields in cron's notation. They are read
// here, and not by the server alone, so that a mistake is told with its line before anything is changed, and so that what a live
// Schedule has can be compared with what the config says.

/** Numbers from `start` to `end`, both included, `step` apart. */
export interface CalendarRange {
  start: number;
  end: number;
  step: number;
}

interface Field {
  min: number;
  max: number;
  /** Names of the numbers from `min`; the first three letters are enough. */
  names?: readonly string[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** The fields, in the order of a cron expression that has all seven. */
export const CALENDAR_FIELDS = {
  second: { min: 0, max: 59 },
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: { min: 1, max: 12, names: MONTHS },
  dayOfWeek: { min: 0, max: 6, names: DAYS },
  year: { min: 2000, max: 2100 },
} as const satisfies Record<string, Field>;
export type CalendarField = keyof typeof CALENDAR_FIELDS;

/** One set of times: those that match in every field. A field without ranges matches always. */
export type CalendarTimes = Record<CalendarField, CalendarRange[]>;

/** What was read, or what is wrong with it. */
export type Read<T> = { value: T } | { problem: string };

const FIELD_NAMES = Object.keys(CALENDAR_FIELDS) as CalendarField[]; // the keys are those of the type

const SHORTHANDS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Reads a cron expression of 5 fields, of 6 (a year at the end) or of 7 (seconds at the beginning, too), as Temporal's server does. */
export function readCron(expression: string): Read<CalendarTimes> {
  // What follows # is a remark.
  const text = (expression.split('#')[0] ?? '').trim();
  if (/^(CRON_)?TZ=/.test(text)) return { problem: "a cron expression has no time zone here: use 'timezone'" };
  if (text.startsWith('@every')) return { problem: "for '@every' use 'interval' in place of 'cron'" };
  if (text.startsWith('@') && SHORTHANDS[text] === undefined)
    return { problem: `there is no such shorthand; there are ${Object.keys(SHORTHANDS).join(', ')}` };
  const parts = (SHORTHANDS[text] ?? text).split(/\s+/);
  if (parts.length < 5 || parts.length > 7)
    return { problem: 'a cron expression has 5 fields: minute, hour, day of month, month, day of week' };
  const all = [...(parts.length < 7 ? ['0'] : []), ...parts, ...(parts.length === 5 ? ['*'] : [])];
  return readTimes(Object.fromEntries(FIELD_NAMES.map((name, at) => [name, all[at]])));
}

/** Reads fields in cron's notation; those left out are what Temporal makes of them: 0 for the time of day, any for the date. */
export function readTimes(fields: Partial<Record<CalendarField, CalendarText | undefined>>): Read<CalendarTimes> {
  const times: Partial<CalendarTimes> = {};
  for (const name of FIELD_NAMES) {
    const read = readField(name, fields[name] ?? (TIME_OF_DAY.has(name) ? '0' : '*'));
    if ('problem' in read) return { problem: `${name}: ${read.problem}` };
    times[name] = read.value;
  }
  return { value: times as CalendarTimes }; // the loop has set each of them
}

const TIME_OF_DAY: ReadonlySet<string> = new Set(['second', 'minute', 'hour']);

/** One field as people write it. */
export type CalendarText = string | number | readonly (string | number)[];

/** Reads one field: `*`, `5`, `MON`, `9-17`, `0-30/10`, and several of them with commas or as a list. */
export function readField(name: CalendarField, given: CalendarText): Read<CalendarRange[]> {
  const texts = (typeof given === 'object' ? given : [given]).flatMap((text) => String(text).split(','));
  const ranges: CalendarRange[] = [];
  for (const text of texts) {
    const read = readRange(name, text.trim());
    if ('problem' in read) return read;
    ranges.push(...read.value);
  }
  // No range at all is how Temporal keeps every year.
  return { value: name === 'year' && texts.some((text) => text.trim() === '*') ? [] : ranges };
}

function readRange(name: CalendarField, text: string): Read<CalendarRange[]> {
  const field: Field = CALENDAR_FIELDS[name];
  const [, from, to, every] = /^([^-/\s]+)(?:-([^-/\s]+))?(?:\/(\d+))?$/.exec(text) ?? [];
  if (from === undefined) return { problem: `"${text}" is no number, name or range` };
  const step = every === undefined ? 1 : Number(every);
  if (step < 1) return { problem: `"${text}" has a step of 0` };
  const any = from === '*' || from === '?';
  if (any && to !== undefined) return { problem: `"${text}" is no range` };
  const start = any ? field.min : numberOf(field, from);
  const end = endOf(field, { any, start, to, stepped: every !== undefined });
  if (start === undefined || end === undefined) return { problem: `${offending(field, from, to)} ${expected(field)}` };
  if (end < start) return { problem: `"${text}" ends before it begins` };
  return { value: name === 'dayOfWeek' ? daysOf({ start, end, step }) : [{ start, end, step }] };
}

/** `5/10` means from 5 on, as it does for the server. Sunday at the end of a range is the day after Saturday. */
function endOf(
  field: Field,
  { any, start, to, stepped }: { any: boolean; start: number | undefined; to: string | undefined; stepped: boolean },
): number | undefined {
  if (to === undefined) return any || stepped ? field.max : start;
  const end = numberOf(field, to);
  return field.names === DAYS && end === 0 && start !== undefined && start > 0 ? 7 : end;
}

function numberOf({ min, max, names }: Field, text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    // Cron's other number for Sunday.
    const most = names === DAYS ? 7 : max;
    return number >= min && number <= most ? number : undefined;
  }
  const index = text.length < 3 ? -1 : (names ?? []).findIndex((name) => name.startsWith(text.toLowerCase()));
  return index < 0 ? undefined : min + index;
}

const offending = (field: Field, from: string, to: string | undefined): string =>
  `"${to === undefined || (from !== '*' && numberOf(field, from) === undefined) ? from : to}"`;

function expected({ min, max, names }: Field): string {
  const named =
    names === undefined
      ? ''
      : ` or ${names[0]?.slice(0, 3).toUpperCase()} to ${names.at(-1)?.slice(0, 3).toUpperCase()}`;
  return `is not ${min} to ${max}${named}`;
}

/** Temporal numbers the days from 0 to 6: a range that reaches 7 is taken apart. */
function daysOf({ start, end, step }: CalendarRange): CalendarRange[] {
  if (end < 7) return [{ start, end, step }];
  const days: number[] = [];
  for (let day = start; day <= end; day += step) days.push(day % 7);
  return [...new Set(days)].sort((a, b) => a - b).map((day) => ({ start: day, end: day, step: 1 }));
}

/** Cron's text of times: `0 2 * * *`; with seconds and years only where they say something. */
export function cronText(times: CalendarTimes): string {
  const text = (name: CalendarField): string => fieldText(CALENDAR_FIELDS[name], times[name]);
  const five = (['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const).map(text).join(' ');
  const [second, year] = [text('second'), text('year')];
  if (second === '0' && year === '*') return five;
  return second === '0' ? `${five} ${year}` : `${second} ${five} ${year}`;
}

function fieldText({ min, max }: Field, ranges: readonly CalendarRange[]): string {
  if (ranges.length === 0) return '*';
  return ranges
    .map(({ start, end, step }) => {
      if (start === end) return String(start);
      const range = start === min && end === max ? '*' : `${start}-${end}`;
      return step === 1 ? range : `${range}/${step}`;
    })
    .join(',');
}
