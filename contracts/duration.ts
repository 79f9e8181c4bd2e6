import { z } from 'zod';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;

/** Milliseconds of each unit, by every spelling that Temporal's own durations have, years apart: those have no fixed length. */
const UNITS: Readonly<Record<string, number>> = {
  ...spelt(1, 'ms', 'msec', 'msecs', 'millisecond', 'milliseconds'),
  ...spelt(SECOND, 's', 'sec', 'secs', 'second', 'seconds'),
  ...spelt(MINUTE, 'm', 'min', 'mins', 'minute', 'minutes'),
  ...spelt(HOUR, 'h', 'hr', 'hrs', 'hour', 'hours'),
  ...spelt(DAY, 'd', 'day', 'days'),
  ...spelt(WEEK, 'w', 'week', 'weeks'),
};

const DURATION = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i;

/** Milliseconds of `5 minutes`, `5m`, `1.5 h`; undefined when the text is no duration. */
export function durationMs(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  return factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

/** `90s`, `5m`, `1d`: the largest unit that leaves nothing over. */
export function durationText(ms: number): string {
  const units = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'm'],
    [SECOND, 's'],
  ] as const;
  const [factor, unit] = units.find(([size]) => ms >= size && ms % size === 0) ?? [1, 'ms'];
  return `${ms / factor}${unit}`;
}

/** A duration as people write it: a number with its unit. A bare number is refused, since nobody knows whether it means seconds. */
export function durationSchema(limits: { min?: string; max?: string } = {}): z.ZodType<string, string> {
  return z.string().superRefine((text, context) => {
    const problem = problemOf(text, limits);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
}

function problemOf(text: string, { min, max }: { min?: string; max?: string }): string | undefined {
  const ms = durationMs(text);
  if (ms === undefined) return 'expected a number with its unit, for instance 30s, 5 minutes, 1h or 2 days';
  if (min !== undefined && ms < (durationMs(min) ?? 0)) return `too short, the least is ${min}`;
  if (max !== undefined && ms > (durationMs(max) ?? Infinity)) return `too long, the most is ${max}`;
  return undefined;
}

function spelt(ms: number, ...names: string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, ms]));
}
