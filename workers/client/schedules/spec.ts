import { DAYS_OF_WEEK, MONTHS, type CalendarSpec, type ScheduleSpec } from '@temporalio/client';
import { readCron, readTimes, type CalendarRange, type CalendarTimes, type Read } from '../../../contracts/calendar.js';
import type { ScheduleConfig } from '../../../contracts/config-schedule.js';
import { durationMs } from '../../../contracts/duration.js';

/**
 * The times of a Schedule as its description gives them back: the server keeps a cron expression as the calendar that it means, so
 * it is sent as one. The expression stays as the calendar's comment, for who looks at it in the Web UI.
 */
export function specOf(schedule: ScheduleConfig): ScheduleSpec {
  const { cron, interval, calendar, jitter, timezone } = schedule;
  const calendars = [
    ...listOf(cron).map((text) => calendarOf(readCron(text), text)),
    ...listOf(calendar).map((fields) => calendarOf(readTimes(fields))),
  ];
  return {
    ...(calendars.length === 0 ? {} : { calendars }),
    ...(interval === undefined ? {} : { intervals: [{ every: ms(interval.every), offset: ms(interval.offset) }] }),
    ...(jitter === undefined ? {} : { jitter: ms(jitter) }),
    timezone,
  };
}

function calendarOf(read: Read<CalendarTimes>, comment?: string): CalendarSpec {
  // The config was checked by the same reader.
  if ('problem' in read) throw new Error(read.problem);
  const { second, minute, hour, dayOfMonth, month, dayOfWeek, year } = read.value;
  return {
    second,
    minute,
    hour,
    dayOfMonth,
    month: named(month, MONTHS, 1),
    dayOfWeek: named(dayOfWeek, DAYS_OF_WEEK, 0),
    // No range is every year: as the server keeps it, and unlike an empty list of the other fields.
    ...(year.length === 0 ? {} : { year }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** Months and days have names in Temporal's TypeScript SDK. */
function named<Name>(ranges: CalendarRange[], names: readonly Name[], first: number) {
  const nameOf = (number: number): Name => {
    const name = names[number - first];
    if (name === undefined) throw new Error(`no name for ${number}`);
    return name;
  };
  return ranges.map(({ start, end, step }) => ({ start: nameOf(start), end: nameOf(end), step }));
}

function listOf<T>(value: T | T[] | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

const ms = (duration: string | undefined): number => (duration === undefined ? 0 : (durationMs(duration) ?? 0));
