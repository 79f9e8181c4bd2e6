import { describe, expect, it } from '@jest/globals';
import { Pulse } from '../activities/pulse.js';

describe('the pulse of a step', () => {
  const at = (times: number[]): (() => number) => {
    const left = [...times];
    return () => left.shift() ?? times.at(-1) ?? 0;
  };

  it('lets a step go on that has never stood still for longer than its heartbeats may be missing', () => {
    const pulse = new Pulse(10_000, at([0, 9_000, 9_000, 18_000, 18_000, 28_000, 28_000]));
    pulse.beat();
    pulse.beat();
    expect(() => pulse.check()).not.toThrow();
  });

  it('stops a step that has, even when it has been going on again for a while', () => {
    const pulse = new Pulse(10_000, at([0, 10_001, 10_001, 10_500]));
    pulse.beat();
    pulse.beat();
    expect(() => pulse.check()).toThrow(expect.objectContaining({ code: 'STEP_OUTLIVED', retryable: true }));
  });

  it('notices it by itself when no beat came between the standstill and the question', () => {
    expect(() => new Pulse(10_000, at([0, 60_000])).check()).toThrow(/another attempt has its place/u);
  });
});
