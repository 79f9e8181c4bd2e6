import { describe, expect, it } from '@jest/globals';
import { MAX_STATE_BYTES, MAX_VALUE_BYTES } from '../contracts/watermark.js';
import { Keeper } from '../workflows/watermark/keeper.js';
import { bytesOf, emptyState, MAX_SUPERSEDED } from '../workflows/watermark/state.js';

/** What Temporal takes in one payload. */
const MAX_PAYLOAD_BYTES = 2 * 1_024 * 1_024;

describe('the state of a watermark workflow', () => {
  it('can be handed on at its largest, whatever people have set and set again', () => {
    const state = emptyState(undefined);
    const run = '€'.repeat(300);
    state.superseded = Array.from({ length: MAX_SUPERSEDED }, () => run);
    const keeper = new Keeper(state);
    const value = 'x'.repeat(MAX_VALUE_BYTES - 2);
    for (let key = 0; keeper.bytesWith(`key ${key}`, MAX_VALUE_BYTES) <= MAX_STATE_BYTES; key += 1)
      keeper.advance({ key: `key ${key}`, from: null, to: value, run, sequence: 1 });
    const reason = '€'.repeat(1_000);
    for (let time = 0; time < 400; time += 1)
      keeper.override('key 0', { id: `id ${time}`, kind: 'set', value, by: 'ann', reason, at: '2026-11-25T00:00:00Z' });
    expect(bytesOf(state)).toBeLessThan(MAX_PAYLOAD_BYTES);
    expect(state.replaced.at(-1)?.id).toBe('id 398');
  });
});
