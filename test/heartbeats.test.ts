import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Heartbeats } from '../activities/heartbeats.js';

describe('the heartbeats of a step', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const started = (first?: number): { sent: (number | undefined)[]; heartbeats: Heartbeats<number> } => {
    const sent: (number | undefined)[] = [];
    return { sent, heartbeats: new Heartbeats<number>(first, (cursor) => sent.push(cursor)) };
  };

  it('begin at once, with what an earlier attempt has left, and go on when nothing is marked', () => {
    const { sent } = started(7);
    expect(sent).toEqual([7]);
    jest.advanceTimersByTime(3_000);
    expect(sent).toEqual([7, 7, 7, 7]);
  });

  it('are few, however many marks are made, and the last mark goes without being asked for', () => {
    const { sent, heartbeats } = started();
    for (let mark = 1; mark <= 10_000; mark += 1) heartbeats.mark(mark);
    expect(sent).toEqual([undefined]);
    jest.advanceTimersByTime(100);
    expect(sent).toEqual([undefined, 10_000]);
    jest.advanceTimersByTime(500);
    expect(sent).toEqual([undefined, 10_000]);
  });

  it('go at once for a mark that comes after a pause', () => {
    const { sent, heartbeats } = started();
    jest.advanceTimersByTime(100);
    heartbeats.mark(1);
    expect(sent).toEqual([undefined, 1]);
  });

  it('end with the last mark, so that the next attempt has it, and none comes after', () => {
    const { sent, heartbeats } = started();
    heartbeats.mark(1);
    heartbeats.end();
    expect(sent).toEqual([undefined, 1]);
    jest.advanceTimersByTime(10_000);
    expect(sent).toEqual([undefined, 1]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
