import { describe, expect, it } from '@jest/globals';
import { matcherOf } from '../activities/postgres/sources/glob.js';

describe('the pattern of a files source', () => {
  it.each([
    ['orders-*.csv', 'orders-2026-01.csv', true],
    ['orders-*.csv', 'orders_2026.csv', false],
    ['orders-??.csv', 'orders-01.csv', true],
    ['orders-??.csv', 'orders-001.csv', false],
    ['*', 'anything.csv', true],
    ['a.csv', 'abcsv', false],
    ['[a]{1}(b)|c^$+\\.csv', '[a]{1}(b)|c^$+\\.csv', true],
    ['rows.csv', 'old rows.csv', false],
    ['*.csv', 'Zürich 🙂\n.csv', true],
    ['?.csv', '🙂.csv', true],
  ])('%j against %j: %j', (pattern, name, fits) => {
    expect(matcherOf(pattern)(name)).toBe(fits);
  });
});
