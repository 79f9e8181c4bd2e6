import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { failureOf } from './support/outcome.js';
import type { IngestBench } from './support/ingest-worker.js';
import { idsOf, inputFor, newTable, numbers, openNumbersBench, until } from './support/numbers-source.js';

beforeEach(() => numbers.reset());

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'an ingest that is interrupted with %j',
  (worker) => {
    let bench: IngestBench;
    beforeAll(async () => {
      bench = await openNumbersBench({ worker: { ...worker, stickyQueueScheduleToStartTimeout: '1s' } });
    });
    afterAll(() => bench.close());

    it('goes on from what was committed when an attempt fails between two batches', async () => {
      const table = newTable();
      let failures = 1;
      numbers.onItsWay = (batch) => {
        if (batch === 3 && (failures -= 1) >= 0) throw new Error('the source is away');
      };
      const result = await bench.execute(inputFor(table));
      expect(result).toMatchObject({ batches: 3, rows: 3, highWatermark: { from: null, to: 3 } });
      expect(numbers.asked).toEqual([
        { from: null, committedBatches: 0 },
        { from: 2, committedBatches: 2 },
      ]);
      expect(await idsOf(bench, table)).toEqual([1, 2, 3]);
    });

    it('writes again what the server has lost after it was committed, and says so', async () => {
      const table = newTable();
      let isLost = false;
      numbers.upTo = 5;
      let comment = '';
      numbers.onItsWay = async (batch) => {
        const name = `landing.${table.name}`;
        if (batch === 3) [[comment]] = (await bench.rows(`SELECT obj_description('${name}'::regclass)`)) as [[string]];
        if (batch !== 5 || isLost) return;
        isLost = true;
        // As a replica would have it that was two batches behind when it took over.
        await bench.rows(`DELETE FROM ${name} WHERE id > 2`);
        await bench.rows(`COMMENT ON TABLE ${name} IS '${comment}'`);
        throw new Error('the server is away');
      };
      const result = await bench.execute(inputFor(table));
      expect(result).toMatchObject({ batches: 5, lostByServer: 2, highWatermark: { from: null, to: 5 } });
      expect(result.summary).toContain('2 batches that the server had lost written again');
      expect(await idsOf(bench, table)).toEqual([1, 2, 3, 4, 5]);
    });

    it('applies an explicit watermark and a deletion once per run, whatever fails in between', async () => {
      const table = newTable();
      numbers.upTo = 12;
      await bench.execute(inputFor(table));
      let failures = 2;
      numbers.onItsWay = (batch) => {
        if (batch === 12 && (failures -= 1) >= 0) throw new Error('the source is away');
      };
      const again = { highWatermark: 10, delete: '__BEFORE_FIRST_BATCH__', batchesPerStretch: 1 } as const;
      const result = await bench.execute(inputFor(table, again));
      expect(result).toMatchObject({ batches: 2, rows: 2, highWatermark: { from: 10, to: 12 } });
      expect(await idsOf(bench, table)).toEqual([11, 12]);
    });

    it('takes the rows of a batch back when it is cancelled, and keeps the batches before it', async () => {
      const table = newTable();
      numbers.onItsWay = (batch) => (batch === 3 ? sleep(600_000, undefined, { ref: false }) : undefined);
      const handle = await bench.start(inputFor(table));
      await until(() => idsOf(bench, table).then((found) => found.length === 2, () => false)); // prettier-ignore
      await handle.cancel();
      const ended = await handle.result().catch((error: unknown) => error);
      expect(ended).toBeInstanceOf(WorkflowFailedError);
      expect((ended as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(await idsOf(bench, table)).toEqual([1, 2]);
      numbers.onItsWay = () => undefined;
      expect(await bench.execute(inputFor(table))).toMatchObject({ batches: 1, highWatermark: { from: 2, to: 3 } });
    });

    it('goes on when its worker is shut down in the middle of a batch', async () => {
      const table = newTable();
      let isStuck = false;
      numbers.onItsWay = (batch) => {
        if (batch !== 3 || isStuck) return;
        isStuck = true;
        return sleep(600_000, undefined, { ref: false });
      };
      const handle = await bench.start(inputFor(table));
      await until(() => isStuck);
      await bench.replaceWorker();
      expect(await handle.result()).toMatchObject({ batches: 3, rows: 3, highWatermark: { from: null, to: 3 } });
      expect(await idsOf(bench, table)).toEqual([1, 2, 3]);
    });

    it('goes on when the server ends its session in the middle of a batch', async () => {
      const table = newTable();
      let isEnded = false;
      numbers.onItsWay = async (batch) => {
        if (batch !== 2 || isEnded) return;
        isEnded = true;
        await bench.client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
      };
      expect(await bench.execute(inputFor(table))).toMatchObject({ batches: 3, rows: 3 });
      expect(await idsOf(bench, table)).toEqual([1, 2, 3]);
    });

    it('fails, writing nothing, when another run has committed between two of its batches', async () => {
      const table = newTable();
      let isMoved = false;
      numbers.onItsWay = async (batch) => {
        if (batch !== 2 || isMoved) return;
        isMoved = true;
        const rows = { type: 'rows', rows: [[99, 'of the other one']], highWatermark: 99 } as const;
        await bench.execute(inputFor(table, { source: { ...rows, rows: [[99, 'of the other one']] } }));
      };
      const failed = await failureOf(bench.execute(inputFor(table)));
      expect(failed.code).toBe('HIGH_WATERMARK_MOVED');
      expect(await idsOf(bench, table)).toEqual([1, 99]);
      expect(await bench.comment(`landing.${table.name}`)).toMatchObject({
        'pg-bulk-ingest': { 'high-watermark': 99 },
      });
    });

    it('never does what is done once per run again when another run came between two stretches', async () => {
      const table = newTable();
      let isMoved = false;
      const other = inputFor(table, { source: { type: 'rows', rows: [[99, 'other']], highWatermark: 99 } });
      numbers.onItsWay = async (batch) => {
        if (batch !== 3 || isMoved) return;
        isMoved = true;
        await bench.execute(other);
        throw new Error('and away');
      };
      const failed = await failureOf(
        bench.execute(inputFor(table, { highWatermark: '__EARLIEST__', delete: '__BEFORE_FIRST_BATCH__' })),
      );
      expect(failed.code).toBe('HIGH_WATERMARK_MOVED');
      expect(await idsOf(bench, table)).toEqual([1, 2, 99]);
    });

    it('feeds a table by two runs at once without losing or repeating a row', async () => {
      const table = newTable();
      numbers.upTo = 20;
      const runs = await Promise.allSettled([bench.execute(inputFor(table)), bench.execute(inputFor(table))]);
      const ended = runs.filter(({ status }) => status === 'fulfilled');
      expect(ended.length).toBeGreaterThan(0);
      expect(await idsOf(bench, table)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });
  },
);
