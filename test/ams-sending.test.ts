import { describe, expect, it } from '@jest/globals';
import { Ledger } from '../activities/ams/ledger.js';
import { OneAtATime } from '../activities/ams/one-at-a-time.js';
import { Pace } from '../activities/ams/pace.js';
import { RunCache } from '../activities/ams/run-cache.js';
import type { ResultsLocation } from '../activities/index.js';
import type { AmsSendState } from '../contracts/ams-activities.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './support/memory-ams.js';

const START: AmsSendState = {
  order: 'o',
  rows: 4,
  leftOut: { unknownUsers: 0, superseded: 0, empty: 0 },
  next: 0,
  open: [],
  upserted: 0,
  failed: 0,
  parts: 0,
  listed: 0,
  restarts: 0,
};
const run = { workflowId: 'w', runId: 'r' };
const entry = (index: number) => ({ index, row: index + 1, user: 100 + index, values: {} });
const failure = { code: 'AMS_REFUSED', reason: 'No.' };

/** A results location in memory, which can be made to fail. */
function memoryResults() {
  const parts = new Map<string, readonly unknown[]>();
  const results: ResultsLocation & { fails: boolean } = {
    fails: false,
    write: ({ name, part }, entries) => {
      if (results.fails) return Promise.reject(new Error('the disk is full'));
      parts.set(`${name}-${part}`, entries);
      return Promise.resolve('here');
    },
    read: ({ name, parts: count }) =>
      Promise.resolve(Array.from({ length: count }, (_, index) => parts.get(`${name}-${index + 1}`) ?? []).flat()),
  };
  return { results, parts };
}

describe('what is remembered of rows that are sent', () => {
  it('is the rows that have ended without a gap, and those before it that have not', async () => {
    const marked: AmsSendState[] = [];
    const ledger = new Ledger(START, memoryResults().results, run, (state) => marked.push(state));
    for (const index of [0, 1, 2]) ledger.begin(entry(index));
    ledger.wrote(entry(0));
    ledger.wrote(entry(2));
    await ledger.commit();
    expect(marked).toEqual([{ ...START, next: 3, open: [1], upserted: 2 }]);
    const later = new Ledger(marked[0] ?? START, memoryResults().results, run, () => undefined);
    expect([0, 1, 2, 3].map((index) => later.isOver(index))).toEqual([true, false, true, false]);
  });

  it('has a row that failed once its failure is in the results location, and not before', async () => {
    const marked: AmsSendState[] = [];
    const { results, parts } = memoryResults();
    const ledger = new Ledger(START, results, run, (state) => marked.push(state));
    ledger.begin(entry(0));
    ledger.refused(entry(0), failure);
    results.fails = true;
    await expect(ledger.commit()).rejects.toThrow('the disk is full');
    expect(marked).toEqual([]);
    results.fails = false;
    const again = new Ledger(START, results, run, (state) => marked.push(state));
    again.begin(entry(0));
    again.refused(entry(0), failure);
    await again.commit();
    expect(marked).toMatchObject([{ failed: 1, parts: 1, listed: 1 }]);
    expect(parts.get('failures-1')).toEqual([{ row: 1, user: 100, ...failure }]);
  });

  it('lists no failure twice when an attempt dies after writing what it could not tell any more', async () => {
    const { results, parts } = memoryResults();
    const first = new Ledger(START, results, run, () => undefined);
    first.begin(entry(0));
    first.refused(entry(0), failure);
    await first.commit();
    // Its heartbeat never arrived: the next attempt knows nothing of it.
    const second = new Ledger(START, results, run, () => undefined);
    for (const index of [0, 1]) second.begin(entry(index));
    second.refused(entry(0), failure);
    second.refused(entry(1), failure);
    const state = await second.commit();
    expect(await results.read({ location: 'here', name: 'failures', parts: state.parts, entries: 2 })).toHaveLength(2);
    expect(parts.size).toBe(1);
  });
});

describe('the pace of requests', () => {
  it('lets nobody begin while the server wants to be left alone', async () => {
    let now = 0;
    const pace = new Pace(undefined, () => now);
    pace.hold(0.005);
    let begun = false;
    const turn = pace.turn(new AbortController().signal).then(() => (begun = true));
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(begun).toBe(false);
    now = 5;
    await turn;
    expect(begun).toBe(true);
  });

  it('ends the waiting when the run is cancelled', async () => {
    const over = new AbortController();
    const pace = new Pace(0.001);
    await pace.turn(over.signal);
    const second = pace.turn(over.signal);
    over.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
  });
});

describe('attempts of one run on one worker', () => {
  it('go one after the other, also when one fails', async () => {
    const alone = new OneAtATime();
    const steps: string[] = [];
    const work = (name: string, fails = false) =>
      alone.run('run', async () => {
        steps.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    await Promise.allSettled([work('a', true), work('b'), work('c')]);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });
});

describe('what a run reads', () => {
  const ams = new MemoryAms(ATHLETE_FORM, athletes(2));
  const reads = (cache: RunCache, runId: string, cached = true) =>
    cache.readsOf(ams, {
      connection: 'club',
      run: { workflowId: 'w', runId },
      cached,
      signal: new AbortController().signal,
    });

  it('is kept for the run and for no other one, and not for ever', async () => {
    const cache = new RunCache(2);
    for (const runId of ['a', 'a', 'b', 'c', 'a']) await reads(cache, runId).users();
    // Read for a, b and c; and again for a, which had to make room.
    expect(ams.count('users')).toBe(4);
    await reads(cache, 'a', false).users();
    expect(ams.count('users')).toBe(5);
  });
});
