import { z } from 'zod';
import { readCron, readField, type CalendarField, type CalendarText } from './calendar.js';
import { durationMs, durationSchema } from './duration.js';
import { ifRunningSchema } from './run-inputs.js';

const cronExpressionSchema = z.string().superRefine((text, context) => {
  const read = readCron(text);
  if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
});

/** Every so often, counted from midnight of 1 January 1970 UTC. */
const intervalSchema = z
  .strictObject({
    /** From one time to the next: `15 minutes`, `1h`. */
    every: durationSchema({ min: '1s', max: '3650 days' }),
    /** Shifts the times: `every: 1h, offset: 5m` is five past each hour. Shorter than `every`. */
    offset: durationSchema().optional(),
  })
  .refine(({ every, offset }) => offset === undefined || (durationMs(offset) ?? 0) < (durationMs(every) ?? 0), {
    path: ['offset'],
    error: "the offset must be shorter than 'every'",
  });

/** One field of a calendar in cron's notation: `9`, `MON`, `9-17`, `0-30/10`, or a list of such. */
function calendarField(name: CalendarField) {
  const one = z.union([z.int(), z.string().min(1)]);
  const given = z.union([z.int(), z.string().min(1), z.array(one).min(1)]);
  return given
    .superRefine((text: CalendarText, context) => {
      const read = readField(name, text);
      if ('problem' in read) context.addIssue({ code: 'custom', message: read.problem });
    })
    .optional();
}

/** Times that match in every field. Left out: second, minute and hour are 0, the others are any. */
const calendarSchema = z.strictObject({
  /** 0 to 59. */
  second: calendarField('second'),
  /** 0 to 59. */
  minute: calendarField('minute'),
  /** 0 to 23. */
  hour: calendarField('hour'),
  /** 1 to 31. */
  dayOfMonth: calendarField('dayOfMonth'),
  /** 1 to 12, or `JAN` to `DEC`. */
  month: calendarField('month'),
  /** 0 to 6 from Sunday, or `SUN` to `SAT`. */
  dayOfWeek: calendarField('dayOfWeek'),
  /** 2000 to 2100. */
  year: calendarField('year'),
} satisfies Record<CalendarField, z.ZodType>);

/** Name of the IANA time zone database, as the server spells it: capitals count there. */
const timezoneSchema = z.string().superRefine((name, context) => {
  if (isTimezone(name)) return;
  context.addIssue({
    code: 'custom',
    message: 'no time zone has this name; expected one like Europe/London or UTC',
    params: { nearestOf: Intl.supportedValuesOf('timeZone'), value: name },
  });
});

function isTimezone(name: string): boolean {
  const known = Intl.supportedValuesOf('timeZone');
  if (name === 'UTC' || known.includes(name)) return true;
  // Not in the list are offsets, other spellings of the same name, and older names, of which only these are right.
  if (!/^[A-Z]/.test(name) || known.some((other) => other.toLowerCase() === name.toLowerCase())) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    // This is how Intl says that it does not know a name.
    return false;
  }
}

/**
 * What becomes of a run that is due while the one that the Schedule started before has not ended. `skip`: it is left out. `bufferOne`:
 * one waits for the end, more are left out. `bufferAll`: all wait, one after the other. `cancelOther`: the earlier one is cancelled,
 * then this one starts. `terminateOther`: the same without letting it tidy up. `allowAll`: it starts, and `ifRunning` decides.
 */
export const overlapSchema = z.enum(['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'terminateOther', 'allowAll']);
export type Overlap = z.infer<typeof overlapSchema>;

/** How a run that failed is tried again, when its error is one that trying again can mend. Left out: it is not. */
const scheduleRetrySchema = z.strictObject({
  /** Tries in all, the first included. */
  attempts: z.int().min(2).max(100),
  /** Wait before the second try. */
  firstDelay: durationSchema({ min: '1s', max: '30 days' }).default('1 minute'),
  /** Factor by which each wait is longer than the one before. */
  backoff: z.number().min(1).max(100).default(2),
  /** Longest wait between two tries. */
  maxDelay: durationSchema({ min: '1s', max: '30 days' }).default('1 hour'),
});

const TIMES = ['cron', 'interval', 'calendar'] as const;

/** When a pipeline runs by itself. `tidemark apply` makes a Schedule of Temporal's of it. */
export const scheduleSchema = z
  .strictObject({
    /** `0 2 * * *`, or a list of such: minute, hour, day of month, month, day of week, all of which must match. */
    cron: z.union([cronExpressionSchema, z.array(cronExpressionSchema).min(1)]).optional(),
    interval: intervalSchema.optional(),
    calendar: z.union([calendarSchema, z.array(calendarSchema).min(1)]).optional(),
    /** Time zone of `cron` and `calendar`. */
    timezone: timezoneSchema.default('UTC'),
    /** Longest delay of a run, chosen at random for each, so that many do not start at once. */
    jitter: durationSchema({ max: '1 day' }).optional(),
    overlap: overlapSchema.default('skip'),
    /** After an outage of Temporal, runs that were due no longer ago than this are made up for. */
    catchupWindow: durationSchema({ min: '10s', max: '3650 days' }).default('365 days'),
    /** Pause the Schedule when a run has failed. */
    pauseOnFailure: z.boolean().default(false),
    /** Left out: `tidemark apply` leaves it as `tidemark pause` and `tidemark resume` have made it. */
    paused: z.boolean().optional(),
    /** What a due run does when the pipeline is running for another reason, for instance by `tidemark run`. */
    ifRunning: ifRunningSchema.default('wait'),
    retry: scheduleRetrySchema.optional(),
  })
  .superRefine((schedule, context) => {
    if (schedule.overlap === 'allowAll' && schedule.pauseOnFailure) {
      const message = "has no effect with overlap 'allowAll': Temporal does not watch the end of runs that may overlap";
      context.addIssue({ code: 'custom', path: ['pauseOnFailure'], message });
    }
    const given = TIMES.filter((key) => schedule[key] !== undefined);
    if (given.length === 1) return;
    const message =
      given.length === 0
        ? 'says no times: expected one of cron, interval and calendar'
        : `says its times in several ways (${given.join(', ')}): expected one of them`;
    context.addIssue({ code: 'custom', message, ...(given.length === 0 ? { params: { oneOfKeys: TIMES } } : {}) });
  });
export type ScheduleConfig = z.infer<typeof scheduleSchema>;
