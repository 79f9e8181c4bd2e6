import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cronText, readCron } from '../contracts/calendar.js';
import { durationMs, durationText } from '../contracts/duration.js';
import { ConfigError, loadClientConfig } from '../workers/config/index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-schedules-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Line 12 is the first of the schedule's own. */
const withSchedule = (lines: string): string => `version: 1
connections:
  tenant: { type: titanrdm, url: "https://t.example", clientId: a, clientSecret: b }
  lake: { type: files, path: lake }
pipelines:
  nightly:
    workflow: titanConventionUpload
    input: { connection: tenant, branch: { id: 3 }, domain: Geography, store: lake }
    # When it runs:

    schedule:
${lines.replace(/^/gm, '      ')}
`;

async function load(lines: string) {
  const file = join(folder, 'tidemark.yaml');
  await writeFile(file, withSchedule(lines));
  return (await loadClientConfig({ file, environment: { ZONE: 'Asia/Tokyo' } })).config.pipelines['nightly']?.schedule;
}

async function problems(lines: string): Promise<string[]> {
  try {
    await load(lines);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.message.split('\n').map((line) => line.replace(/^.*tidemark\.yaml:/, ''));
    throw error;
  }
  throw new Error('the config was accepted');
}

describe('a schedule of the config', () => {
  it('says when by cron, with defaults for everything else', async () => {
    expect(await load('cron: 0 2 * * MON-FRI')).toEqual({
      cron: '0 2 * * MON-FRI',
      timezone: 'UTC',
      overlap: 'skip',
      catchupWindow: '365 days',
      pauseOnFailure: false,
      ifRunning: 'wait',
    });
  });

  it.each([
    ['interval: { every: 5 minutes, offset: 30s }'],
    ['calendar: { hour: 2, minute: 30, dayOfWeek: [MON, fri, 0] }'],
    ['calendar:\n  - { hour: 9-17/2, dayOfWeek: monday-friday }\n  - { hour: 0, minute: "*/10", year: 2030 }'],
    ['cron: ["@daily", "*/15 9-17 1,15 JAN-MAR 5-7 2030-2031", "30 0 12 * * SUN 2030"]'],
    ['cron: "@hourly"\ntimezone: "${ZONE}"'],
    [
      'cron: "@hourly"\ntimezone: Asia/Kolkata\njitter: 1.5 h\noverlap: bufferAll\ncatchupWindow: 1 hour\npauseOnFailure: "true"\npaused: false\nifRunning: skip\nretry: { attempts: 3, firstDelay: 10s, maxDelay: 5m, backoff: 1.5 }',
    ],
  ])('may say %j', async (lines) => {
    await expect(load(lines)).resolves.toBeDefined();
  });
});

describe('a wrong schedule is told with its line, its key, and the nearest valid one', () => {
  const at = (line: number, column: number, key: string) => `${line}:${column}: pipelines.nightly.schedule${key}`;
  const cases: [what: string, lines: string, expected: string[]][] = [
    [
      'a misspelt key',
      'cron: 0 2 * * *\ntimezon: UTC',
      [`${at(13, 7, '.timezon')}: unknown key. Did you mean "timezone"?`],
    ],
    ['a misspelt way of saying when', 'corn: 0 2 * * *', [`${at(12, 7, '.corn')}: unknown key. Did you mean "cron"?`]],
    [
      'a key in another house’s spelling',
      'cron: 0 2 * * *\ncatchup_window: 1h',
      [`${at(13, 7, '.catchup_window')}: unknown key. Did you mean "catchupWindow"?`],
    ],
    [
      'a misspelt key further in',
      'interval: { evry: 5m }',
      [`${at(12, 19, '.interval.evry')}: unknown key. Did you mean "every"?`],
    ],
    [
      'a misspelt field of a calendar',
      'calendar: { hour: 2, dayOfweek: 1 }',
      [`${at(12, 28, '.calendar.dayOfweek')}: unknown key. Did you mean "dayOfWeek"?`],
    ],
    [
      'a misspelt field of one calendar of several',
      'calendar:\n  - { hour: 2 }\n  - { houre: 2 }',
      [`${at(14, 13, '.calendar[1].houre')}: unknown key. Did you mean "hour"?`],
    ],
    [
      'a key near to none',
      'cron: 0 2 * * *\ncolour: blue',
      [
        `${at(13, 7, '.colour')}: unknown key. Keys here: cron, interval, calendar, timezone, jitter, overlap, catchupWindow, pauseOnFailure, paused, ifRunning, retry.`,
      ],
    ],
    ['no times', 'timezone: UTC', [`${at(11, 5, '')}: says no times: expected one of cron, interval and calendar.`]],
    [
      'times in two ways',
      'cron: "@daily"\ninterval: { every: 1h }',
      [`${at(11, 5, '')}: says its times in several ways (cron, interval): expected one of them.`],
    ],
    [
      'an hour that no day has',
      'cron: 0 25 * * *',
      [`${at(12, 7, '.cron')}: hour: "25" is not 0 to 23, got "0 25 * * *".`],
    ],
    [
      'a month that no year has',
      'cron: 0 2 * JANU-FEBB *',
      [`${at(12, 7, '.cron')}: month: "FEBB" is not 1 to 12 or JAN to DEC, got "0 2 * JANU-FEBB *".`],
    ],
    [
      'too few fields',
      'cron: 0 2 *',
      [
        `${at(12, 7, '.cron')}: a cron expression has 5 fields: minute, hour, day of month, month, day of week, got "0 2 *".`,
      ],
    ],
    [
      'one cron expression of several',
      'cron:\n  - 0 2 * * *\n  - 0 10-8 * * *',
      [`${at(14, 11, '.cron[1]')}: hour: "10-8" ends before it begins, got "0 10-8 * * *".`],
    ],
    [
      'a time zone inside the expression',
      'cron: CRON_TZ=UTC 0 2 * * *',
      [`${at(12, 7, '.cron')}: a cron expression has no time zone here: use 'timezone', got "CRON_TZ=UTC 0 2 * * *".`],
    ],
    [
      'an unknown shorthand',
      'cron: "@dayly"',
      [
        `${at(12, 7, '.cron')}: there is no such shorthand; there are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, got "@dayly".`,
      ],
    ],
    [
      'a minute out of range in a calendar',
      'calendar: { hour: 2, minute: 60 }',
      [`${at(12, 28, '.calendar.minute')}: "60" is not 0 to 59, got 60.`],
    ],
    [
      'a duration without a unit',
      'interval: { every: 300 }',
      [
        `${at(12, 19, '.interval.every')}: expected a number with its unit, for instance 30s, 5 minutes, 1h or 2 days, got "300".`,
      ],
    ],
    [
      'a duration that is too short',
      'interval: { every: 500ms }',
      [`${at(12, 19, '.interval.every')}: too short, the least is 1s, got "500ms".`],
    ],
    [
      'an offset as long as its interval',
      'interval: { every: 1m, offset: 60s }',
      [`${at(12, 30, '.interval.offset')}: the offset must be shorter than 'every', got "60s".`],
    ],
    [
      'an unknown time zone',
      'cron: "@daily"\ntimezone: Europe/Lodnon',
      [
        `${at(13, 7, '.timezone')}: no time zone has this name; expected one like Europe/London or UTC, got "Europe/Lodnon". Did you mean "Europe/London" or "Europe/Lisbon"?`,
      ],
    ],
    [
      'a time zone in small letters',
      'cron: "@daily"\ntimezone: europe/london',
      [
        `${at(13, 7, '.timezone')}: no time zone has this name; expected one like Europe/London or UTC, got "europe/london". Did you mean "Europe/London" or "Europe/Lisbon"?`,
      ],
    ],
    [
      'a time zone near to none',
      'cron: "@daily"\ntimezone: Mars',
      [`${at(13, 7, '.timezone')}: no time zone has this name; expected one like Europe/London or UTC, got "Mars".`],
    ],
    [
      'an overlap policy in Temporal’s spelling',
      'cron: "@daily"\noverlap: BUFFER_ONE',
      [
        `${at(13, 7, '.overlap')}: expected "skip" or "bufferOne" or "bufferAll" or "cancelOther" or "terminateOther" or "allowAll", got "BUFFER_ONE". Did you mean "bufferOne"?`,
      ],
    ],
    [
      'a retry that is none',
      'cron: "@daily"\nretry: { attempts: 1 }',
      [`${at(13, 16, '.retry.attempts')}: Too small: expected number to be >=2, got 1.`],
    ],
    [
      'a retry without its number',
      'cron: "@daily"\nretry: { atempts: 3 }',
      [`${at(13, 16, '.retry.atempts')}: unknown key. Did you mean "attempts"?`],
    ],
    [
      'a pause on failure that would never come',
      'cron: "@daily"\noverlap: allowAll\npauseOnFailure: true',
      [
        `${at(14, 7, '.pauseOnFailure')}: has no effect with overlap 'allowAll': Temporal does not watch the end of runs that may overlap, got true.`,
      ],
    ],
  ];
  it.each(cases)('%s', async (_what, lines, expected) => {
    expect(await problems(lines)).toEqual(expected);
  });
});

describe('cron expressions', () => {
  it.each([
    ['0 2 * * *', '0 2 * * *'],
    ['@weekly', '0 0 * * 0'],
    ['*/15 9-17 1,15 JAN-MAR MON-FRI/2', '*/15 9-17 1,15 1-3 1-5/2'],
    ['5/10 0 ? * sunday', '5-59/10 0 * * 0'],
    // Temporal numbers the days from 0 to 6.
    ['0 12 * * 7', '0 12 * * 0'],
    ['0 12 * * 5-7', '0 12 * * 0,5,6'],
    ['0 12 * * sat-sun', '0 12 * * 0,6'],
    ['0 12 * * MON # lunch', '0 12 * * 1'],
    ['0 12 * * * 2030', '0 12 * * * 2030'],
    ['30 0 12 * * * *', '30 0 12 * * * *'],
  ])('%j means %j', (expression, text) => {
    const read = readCron(expression);
    expect('value' in read && cronText(read.value)).toBe(text);
  });

  it.each([
    '',
    '* * * *',
    '1 2 3 4 5 6 7 8',
    '-1 * * * *',
    '*-5 * * * *',
    '1/0 * * * *',
    '0 0 0 * *',
    '0 0 * * 8',
    '0 0 * mo *',
    'L * * * *',
    '@every 5m',
  ])('%j is refused', (expression) => {
    expect(readCron(expression)).toHaveProperty('problem');
  });
});

it.each([
  ['5 minutes', 300_000, '5m'],
  ['90s', 90_000, '90s'],
  ['1.5 h', 5_400_000, '90m'],
  ['2 DAYS', 172_800_000, '2d'],
  ['1w', 604_800_000, '7d'],
  ['250 ms', 250, '250ms'],
  ['0s', 0, '0ms'],
])('%j lasts %i ms, shown as %s', (text, ms, shown) => {
  expect(durationMs(text)).toBe(ms);
  expect(durationText(ms)).toBe(shown);
});

it.each(['', '5', 'm', '5 months', '1y', '-5m', '5m 3s', 'PT5M'])('%j is no duration', (text) => {
  expect(durationMs(text)).toBeUndefined();
});
