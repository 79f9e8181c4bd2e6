import { describe, expect, it } from '@jest/globals';
import type { RunEnd } from '../contracts/operations.js';
import {
  judgeEnd,
  judgeStanding,
  newWatch,
  nextLook,
  reconfigured,
  type WatchState,
} from '../workflows/watch/judge.js';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
let runs = 0;
const end = (outcome: RunEnd['outcome'], more: Partial<RunEnd> = {}): RunEnd => {
  runs += 1;
  return { pipeline: 'p', workflow: 'w', workflowId: 'tidemark/pipeline/p', runId: `run-${runs}`, outcome, ...more };
};
const error = { code: 'X', message: 'because', retryable: false };

/** What is told of each end, in turn; one end each minute. */
function told(ends: readonly RunEnd[], state = newWatch(at(0))): string[][] {
  return ends.map((one, index) => {
    const verdict = judgeEnd(state, one, at(index + 1));
    ({ state } = verdict);
    return verdict.tell.map(({ event, after, failures }) => [event, after, failures].filter(Boolean).join(' '));
  });
}

describe('of runs that end, a watch tells', () => {
  it.each([
    ['nothing of success', [end('success'), end('success')], [[], []]],
    ['every failure, and how many in a row', [end('failed'), end('failed')], [['failure 1'], ['failure 2']]],
    [
      'recovery once, with the first success',
      [end('failed'), end('success'), end('success')],
      [['failure 1'], ['recovery failure'], []],
    ],
    ['failure of a run some of whose tables failed', [end('partial')], [['failure 1']]],
    [
      'nothing of a cancelled run, which ends no failure either',
      [end('failed'), end('cancelled'), end('success')],
      [['failure 1'], [], ['recovery failure']],
    ],
  ] as const)('%s', (_, ends, expected) => {
    expect(told(ends)).toEqual(expected);
  });

  it('one that is reported twice once', () => {
    const twice = end('failed');
    expect(told([twice, twice])).toEqual([['failure 1'], []]);
  });

  it('the reason, the run, and since when it failed', () => {
    const failed = judgeEnd(newWatch(at(0)), end('failed', { error, rows: 3 }), at(1));
    expect(failed.tell[0]).toMatchObject({
      text: 'Pipeline p failed: because',
      error,
      run: { outcome: 'failed', rows: 3 },
    });
    const recovered = judgeEnd(failed.state, end('success'), at(9));
    expect(recovered.tell[0]).toMatchObject({ since: at(1), text: 'Pipeline p works again, after a failed run.' });
  });

  it('and forgets old runs, so that its state stays small', () => {
    let state = newWatch(at(0));
    for (let count = 0; count < 500; count += 1) ({ state } = judgeEnd(state, end('success'), at(count)));
    expect(JSON.stringify(state).length).toBeLessThan(2_000);
  });
});

describe('of a high watermark that stands still, a watch tells', () => {
  const watching: WatchState = reconfigured(newWatch(at(0)), { staleAfterSeconds: 600 });
  const look = (state: WatchState, movedAt: string | null, now: string) =>
    judgeStanding(state, movedAt, now, { pipeline: 'p' });

  it('once, when it has not moved for as long as the config says', () => {
    expect(nextLook(watching, at(4))).toBe(6 * 60_000);
    expect(look(watching, null, at(9)).tell).toEqual([]);
    const stale = look(watching, null, at(10));
    expect(stale.tell).toMatchObject([{ event: 'stale', since: at(0), staleAfterSeconds: 600 }]);
    expect(look(stale.state, null, at(20)).tell).toEqual([]);
    expect(nextLook(stale.state, at(20))).toBe(10 * 60_000);
  });

  it('nothing when the watermark workflow knows of a later move', () => {
    const looked = look(watching, at(8), at(10));
    expect(looked.tell).toEqual([]);
    expect(nextLook(looked.state, at(10))).toBe(8 * 60_000);
    expect(look(watching, at(3), at(30)).tell).toMatchObject([{ event: 'stale', since: at(3) }]);
  });

  it('recovery when it moves again, by a run or by what the watermark workflow says', () => {
    const stale = look(watching, null, at(10));
    expect(judgeEnd(stale.state, end('success', { moved: true }), at(12)).tell).toMatchObject([
      { event: 'recovery', after: 'stale', since: at(10) },
    ]);
    expect(judgeEnd(stale.state, end('success', { moved: false }), at(12)).tell).toEqual([]);
    expect(look(stale.state, at(19), at(20)).tell).toMatchObject([{ event: 'recovery', after: 'stale' }]);
  });

  it('nothing where the config does not ask for it', () => {
    const free = reconfigured(watching, { staleAfterSeconds: null });
    expect(nextLook(free, at(99))).toBeNull();
    expect(look(free, null, at(99)).tell).toEqual([]);
  });
});
