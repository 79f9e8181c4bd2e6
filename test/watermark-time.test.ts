import { expect, it } from '@jest/globals';
import { watermarkTime } from '../activities/watermark-time.js';

it.each([
  ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05Z'],
  ['2026-01-02 03:04:05.678901+00', '2026-01-02T03:04:05.678Z'],
  ['2026-01-02 03:04:05+02', '2026-01-02T01:04:05Z'],
  ['2026-01-02 03:04:05 -0530', '2026-01-02T08:34:05Z'],
  ['2026-01-02T03:04', '2026-01-02T03:04:00Z'],
  ['2026-01-02', '2026-01-02T00:00:00Z'],
])('the high watermark %s is a time', (value, instant) => {
  expect(watermarkTime(value)).toBe(Date.parse(instant) / 1_000);
});

it.each([[7], ['7'], [null], ['2026'], ['2026-13-45'], ['orders-2026-01-02.csv'], [{ a: 1 }]])(
  'the high watermark %j is none',
  (value) => {
    expect(watermarkTime(value)).toBeUndefined();
  },
);
