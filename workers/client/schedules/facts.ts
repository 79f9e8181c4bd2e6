import { DAYS_OF_WEEK, MONTHS, type CalendarSpec, type LooseRange, type ScheduleSpec } from '@temporalio/client';
import type { RetryPolicy } from '@temporalio/common';
import { cronText, type CalendarRange } from '../../../contracts/calendar.js';
import { durationMs, durationText } from '../../../contracts/duration.js';

/**
 * All of a Schedule that `tidemark apply` sets, in words: equal facts are equal Schedules, and what differs can be shown. Made alike
 * from a config and from what the server describes.
 */
export interface ScheduleFacts {
  words: Readonly<Record<string, string>>;
  /** Input of the workflow that it starts, as JSON has it. */
  args: unknown;
}

interface Described {
  spec: ScheduleSpec;
  policies?: { overlap?: string | undefined; catchupWindow?: number; pauseOnFailure?: boolean } | undefined;
  action: {
    workflowType: string;
    workflowId?: string;
    taskQueue: string;
    args?: readonly unknown[];
    retry?: RetryPolicy;
    staticSummary?: string;
    staticDetails?: string;
  };
}

export function factsOf({ spec, policies, action }: Described): ScheduleFacts {
  return {
    words: {
      times: timesText(spec),
      'time zone': spec.timezone === undefined || spec.timezone === '' ? 'UTC' : spec.timezone,
      jitter: spec.jitter === undefined ? 'none' : durationText(millis(spec.jitter)),
      overlap: policies?.overlap ?? 'SKIP',
      'catch-up window': durationText(policies?.catchupWindow ?? 0),
      'pause on failure': policies?.pauseOnFailure === true ? 'yes' : 'no',
      retry: retryText(action.retry),
      starts: `${action.workflowType} as ${action.workflowId ?? ''}`,
      'task queue': action.taskQueue,
      summary: action.staticSummary ?? '',
      details: action.staticDetails ?? '',
    },
    // As the server gives it back: without what is undefined.
    args: JSON.parse(JSON.stringify(action.args ?? [])) as unknown,
  };
}

/** The times with their zone, for people: `at 0 2 * * * Europe/London`. */
export function timesOf({ words }: ScheduleFacts): string {
  const zone = words['time zone'] ?? 'UTC';
  return `${words['times'] ?? ''}${zone === 'UTC' ? '' : ` ${zone}`}`;
}

function timesText({ calendars = [], intervals = [], skip = [], startAt, endAt }: ScheduleSpec): string {
  const texts = [
    ...calendars.map((calendar) => `at ${calendarText(calendar)}`),
    ...intervals.map(({ every, offset }) => {
      const shift = offset === undefined ? 0 : millis(offset);
      return `every ${durationText(millis(every))}${shift === 0 ? '' : ` plus ${durationText(shift)}`}`;
    }),
    ...skip.map((calendar) => `not at ${calendarText(calendar)}`),
    ...(startAt === undefined ? [] : [`from ${startAt.toISOString()}`]),
    ...(endAt === undefined ? [] : [`until ${endAt.toISOString()}`]),
  ];
  return texts.join('; ') || 'never';
}

const calendarText = (calendar: CalendarSpec): string =>
  cronText({
    second: ranges(calendar.second, Number),
    minute: ranges(calendar.minute, Number),
    hour: ranges(calendar.hour, Number),
    dayOfMonth: ranges(calendar.dayOfMonth, Number),
    month: ranges(calendar.month, (name) => MONTHS.indexOf(name) + 1),
    dayOfWeek: ranges(calendar.dayOfWeek, (name) => DAYS_OF_WEEK.indexOf(name)),
    year: ranges(calendar.year, Number),
  });

/** The server and the reader of the config always say start, end and step; the type allows less. */
function ranges<T>(
  given: LooseRange<T> | LooseRange<T>[] | '*' | undefined,
  number: (value: T) => number,
): CalendarRange[] {
  if (given === undefined || given === '*') return [];
  return (Array.isArray(given) ? given : [given]).map((range) => {
    if (typeof range !== 'object' || range === null || !('start' in range)) {
      const only = number(range); // what is no range is a single value
      return { start: only, end: only, step: 1 };
    }
    const start = number(range.start);
    return { start, end: range.end === undefined ? start : number(range.end), step: range.step ?? 1 };
  });
}

function retryText(retry: RetryPolicy | undefined): string {
  if (retry === undefined) return 'none';
  const { maximumAttempts, backoffCoefficient } = retry;
  const [first, most] = [millis(retry.initialInterval), millis(retry.maximumInterval)].map(durationText);
  return `${String(maximumAttempts)} attempts, ${String(first)} × ${String(backoffCoefficient)} up to ${String(most)}`;
}

/** The type allows texts: those of the config and of the server's answers are numbers. */
function millis(duration: unknown): number {
  return typeof duration === 'number' ? duration : (durationMs(String(duration)) ?? 0);
}
