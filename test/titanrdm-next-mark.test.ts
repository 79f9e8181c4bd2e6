import { describe, expect, it } from '@jest/globals';
import { nextMark } from '../activities/titanrdm/next-mark.js';
import { markBefore } from '../connectors/titanrdm/mark.js';

const SINCE = '2026-11-20T10:00:00.000000+00:00';
const STARTED = '2026-11-25T10:00:00Z';

describe('the next mark of a table', () => {
  it.each([
    [
      'the largest change that was received',
      SINCE,
      3,
      '2026-11-24T09:00:00.123456+00:00',
      0,
      '2026-11-24T09:00:00.123456+00:00',
    ],
    ['less the lag', SINCE, 3, '2026-11-24T09:00:00.123456+00:00', 60, '2026-11-24T08:59:00.123456+00:00'],
    ['in UTC, whatever its offset', SINCE, 3, '2026-11-24T09:00:00+10:00', 0, '2026-11-23T23:00:00.000000+00:00'],
    ["the export's start where no row came", SINCE, 0, null, 30, '2026-11-25T09:59:30.000000+00:00'],
    ['what it was when it would go back', SINCE, 3, '2026-11-20T10:00:10+00:00', 60, SINCE],
    ['what it was when rows came without a change time', SINCE, 3, null, 0, SINCE],
    ['none at first when rows came without one', null, 3, null, 0, null],
    ['what it was when a server spells instants in its own way', SINCE, 3, 'the 24th', 0, SINCE],
  ])('is %s', (_, since, rows, lastChange, lagSeconds, expected) => {
    expect(nextMark({ since, startedAt: STARTED, lagSeconds }, { rows, lastChange })).toBe(expected);
  });

  it('is what it was when nobody knows when the export began', () => {
    const asked = { since: SINCE, startedAt: null, lagSeconds: 0 };
    expect(nextMark(asked, { rows: 0, lastChange: null })).toBe(SINCE);
  });

  it('keeps microseconds, also before 1970', () => {
    expect(markBefore('1970-01-01T00:00:00.000001Z', 0.000002)).toBe('1969-12-31T23:59:59.999999+00:00');
  });
});
