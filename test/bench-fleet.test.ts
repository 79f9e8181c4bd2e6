import { describe, expect, it } from '@jest/globals';
import { refuseWrong, wrongInCount, wrongInResult, wrongInTable, wrongInWatermark } from '../bench/fleet/check.js';
import { meanGrowth } from '../bench/fleet/event-counts.js';
import { secondsOf } from '../bench/fleet/figures.js';
import { batchBehind, noteOf, tableOf } from '../bench/fleet/pipelines.js';
import { dueTimes } from '../bench/fleet/schedules.js';

const result = { batches: 1, rows: 100, highWatermark: { from: 2, to: 3 }, summary: 'fine' };
const due = { pipeline: 'p', number: 3, rows: 100 };

describe('the benchmark of a fleet', () => {
  it('takes a run that brought its batch, and a first one that began from nothing', () => {
    expect(wrongInResult(due, result)).toBeUndefined();
    const first = { ...result, highWatermark: { from: null, to: 1 } };
    expect(wrongInResult({ ...due, number: 1 }, first)).toBeUndefined();
    expect(wrongInTable('p', 3, 100, { rows: 300, distinct: 300, batches: 3, wrong: 0 })).toBeUndefined();
    expect(wrongInWatermark('p', 3, 3)).toBeUndefined();
    expect(wrongInCount(200, 200)).toBeUndefined();
  });

  it.each([
    ['was skipped', { summary: 'Skipped', skipped: true }, 'its result is none of an ingest'],
    ['found nothing', { ...result, batches: 0 }, '0 batches, not 1'],
    ['brought too few rows', { ...result, rows: 99 }, '99 rows, not 100'],
    ['began elsewhere', { ...result, highWatermark: { from: 1, to: 3 } }, 'from 1 to 3, not from 2 to 3'],
    ['was the one after', { ...result, highWatermark: { from: 3, to: 4 } }, 'from 3 to 4, not from 2 to 3'],
    ['told nobody', { ...result, watermark: { notRecorded: 'nobody answers' } }, 'not recorded: nobody answers'],
    ['met two watermarks', { ...result, watermark: { differed: { table: 1 } } }, 'the two copies'],
  ])('refuses a run that %s', (_what, found, finding) => {
    expect(wrongInResult(due, found)).toContain(`p: ${finding}`);
  });

  it.each([
    ['a batch that is there twice', { rows: 400, distinct: 300, batches: 3, wrong: 0 }, '100 rows are there twice'],
    ['a run that is missing', { rows: 200, distinct: 200, batches: 2, wrong: 0 }, '2 batches with 200 rows, not 3'],
    ['a run too many', { rows: 400, distinct: 400, batches: 4, wrong: 0 }, '4 batches with 400 rows, not 3'],
    ['a row that is missing', { rows: 299, distinct: 299, batches: 3, wrong: 0 }, '3 batches with 299 rows'],
    ['a row of other content', { rows: 300, distinct: 300, batches: 3, wrong: 1 }, '1 rows are not what was sent'],
  ])('refuses a table with %s', (_what, found, finding) => {
    expect(wrongInTable('p', 3, 100, found)).toContain(`p: ${finding}`);
  });

  it('refuses a high watermark that stayed behind, and runs that were started twice or not at all', () => {
    expect(wrongInWatermark('p', 3, 2)).toBe('p: its high watermark is 2, not 3');
    expect(wrongInWatermark('p', 3, undefined)).toBe('p: its high watermark is undefined, not 3');
    expect(wrongInCount(200, 201)).toBe('201 runs were started, 200 were due');
    expect(() => refuseWrong([undefined, 'p: wrong', undefined])).toThrow('1 findings. p: wrong.');
    expect(() => refuseWrong([undefined])).not.toThrow();
  });

  it('yields the batch behind a watermark, every row told apart', () => {
    const table = tableOf('fleet', 6);
    const { highWatermark, rows } = batchBehind(4, table, 2);
    expect(highWatermark).toBe(5);
    expect([...(rows as Iterable<unknown>)]).toEqual([
      [table, [5, 1, noteOf('p0007', 5, 1)]],
      [table, [5, 2, 'p0007 5/2']],
    ]);
    expect(batchBehind(null, table, 1).highWatermark).toBe(1);
  });

  it('has all pipelines due in one second, or spread evenly', () => {
    const together = dueTimes(200, 5, 0);
    expect(together.of(199)).toEqual(together.of(0));
    const spread = dueTimes(200, 5, 50);
    const seconds = Array.from({ length: 200 }, (_, index) => spread.of(index).getTime() - spread.first.getTime());
    expect(seconds.filter((each) => each === 0)).toHaveLength(4);
    expect(seconds.filter((each) => each === 49_000)).toHaveLength(4);
    expect(spread.last.getTime() - spread.first.getTime()).toBe(49_000);
  });

  it('tells the run in the middle, the one that 95 of a hundred are below, and the longest', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(secondsOf(values)).toEqual({ median: 50, p95: 95, longest: 100 });
    expect(secondsOf([7])).toEqual({ median: 7, p95: 7, longest: 7 });
  });

  it('counts the events of workflows that went on, and says nothing of those that began anew or are not there', () => {
    expect(meanGrowth([10, 20, 30, undefined], [20, 40, 3, undefined])).toBe(15);
    expect(meanGrowth([undefined], [undefined])).toBeNull();
  });
});
