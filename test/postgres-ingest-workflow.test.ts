import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type WorkflowHandle } from '@temporalio/client';
import { startDevServer } from '../workers/dev-server/index.js';
import type { IngestBench } from './support/ingest-worker.js';
import { idsOf, inputFor, newTable, numbers, openNumbersBench, until } from './support/numbers-source.js';

beforeEach(() => numbers.reset());

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'an ingest as a durable run with %j',
  (worker) => {
    let bench: IngestBench;
    beforeAll(async () => {
      bench = await openNumbersBench({ worker: { ...worker, stickyQueueScheduleToStartTimeout: '1s' } });
    });
    afterAll(() => bench.close());

    it('commits each batch with its watermark, and hands the last one to the next run', async () => {
      const table = newTable();
      const first = await bench.execute(inputFor(table));
      expect(first).toEqual({
        batches: 3,
        rows: 3,
        quarantined: 0,
        leftOut: 0,
        lostByServer: 0,
        highWatermark: { from: null, to: 3 },
        tables: [{ schema: 'landing', table: table.name, rows: 3, quarantined: 0, migration: 'created' }],
        // The worker has no watermark plugin: the table's own copy is all that there is.
        watermark: { notRecorded: expect.stringContaining('watermarkPlugin') },
        summary: `3 batches, 3 rows into landing.${table.name}; high watermark null → 3.`,
      });
      numbers.upTo = 5;
      expect(await bench.execute(inputFor(table))).toMatchObject({ batches: 2, highWatermark: { from: 3, to: 5 } });
      expect(await idsOf(bench, table)).toEqual([1, 2, 3, 4, 5]);
      expect((await bench.comment(`landing.${table.name}`))['pg-bulk-ingest']).toEqual({ 'high-watermark': 5 });
    });

    it('leaves everything as it was when the source yields nothing', async () => {
      const table = newTable();
      await bench.execute(inputFor(table));
      const state = () =>
        bench.rows(
          `SELECT oid, obj_description(oid), xmin, (SELECT count(*) FROM landing.${table.name}) FROM pg_class WHERE oid = 'landing.${table.name}'::regclass`,
        );
      const before = await state();
      const wider = { ...table, columns: [...table.columns, { name: 'more', type: 'text' }] };
      const result = await bench.execute(inputFor(wider, { delete: '__BEFORE_FIRST_BATCH__' }));
      expect(result).toMatchObject({ batches: 0, rows: 0, highWatermark: { from: 3, to: 3 } });
      expect(result.summary).toContain('Nothing new');
      expect(await state()).toEqual(before);
    });

    it("begins at null with '__EARLIEST__', once per run", async () => {
      const table = newTable();
      await bench.execute(inputFor(table));
      numbers.asked.length = 0;
      await bench.execute(inputFor(table, { highWatermark: '__EARLIEST__', batchesPerStretch: 2 }));
      expect(numbers.asked.map(({ from }) => from)).toEqual([null, 2]);
      expect(await idsOf(bench, table)).toEqual([1, 1, 2, 2, 3, 3]);
    });

    it('needs one activity for many batches, and another one after batchesPerStretch', async () => {
      const table = newTable();
      numbers.upTo = 7;
      const handle = await bench.start(inputFor(table, { batchesPerStretch: 3 }));
      expect(await handle.result()).toMatchObject({ batches: 7, rows: 7, highWatermark: { from: null, to: 7 } });
      const { events } = await handle.fetchHistory();
      const scheduled = (events ?? []).flatMap(
        ({ activityTaskScheduledEventAttributes: step }) => step?.activityType?.name ?? [],
      );
      expect(scheduled.filter((name) => name === 'postgresIngestStretch')).toHaveLength(3);
      expect(await idsOf(bench, table)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    });

    it('takes rows of its input once per run', async () => {
      const table = newTable();
      const rows = { type: 'rows', rows: [[1, 'one'], [2, null]], highWatermark: 'a' } as const; // prettier-ignore
      const input = inputFor(table, {
        source: { ...rows, rows: rows.rows.map((row) => [...row]) },
        batchesPerStretch: 1,
      });
      expect(await bench.execute(input)).toMatchObject({ batches: 1, rows: 2, highWatermark: { from: null, to: 'a' } });
      expect(await bench.execute(input)).toMatchObject({ batches: 1, rows: 2, highWatermark: { from: 'a', to: 'a' } });
      expect(await idsOf(bench, table)).toEqual([1, 1, 2, 2]);
    });

    it('runs a hook of its name in the transaction of each batch', async () => {
      const table = newTable();
      await bench.execute(inputFor(table, { onBeforeVisible: 'look' }));
      expect(numbers.hooked).toEqual([
        [{ batch: 1 }, 1],
        [{ batch: 2 }, 2],
        [{ batch: 3 }, 3],
      ]);
    });

    it('tells by its heartbeats what is committed, and whom it waits for', async () => {
      const table = newTable();
      await bench.execute(inputFor(table));
      numbers.upTo = 4;
      await bench.client.query(`BEGIN; LOCK TABLE landing.${table.name} IN ACCESS EXCLUSIVE MODE`);
      const handle = await bench.start(inputFor(table));
      const { rows } = await bench.client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await until(async () => (await heartbeatOf(bench, handle))?.waitingFor?.[0]?.pid === rows[0]?.pid);
      expect(await heartbeatOf(bench, handle)).toMatchObject({
        phase: 'waiting for others',
        batches: 0,
        highWatermark: 3,
      });
      await bench.client.query('ROLLBACK');
      expect(await handle.result()).toMatchObject({ batches: 1, highWatermark: { from: 3, to: 4 } });
    });
  },
);

describe('a run whose history grows long', () => {
  it('continues as new, and is one run nevertheless', async () => {
    const server = await startDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 20 } });
    const { address, namespace } = server;
    const bench = await openNumbersBench({ server: { address, namespace } });
    try {
      const table = newTable();
      numbers.upTo = 12;
      await bench.execute(inputFor(table));
      const input = inputFor(table, {
        highWatermark: '__EARLIEST__',
        delete: '__BEFORE_FIRST_BATCH__',
        batchesPerStretch: 1,
      });
      const handle = await bench.start(input);
      expect(await handle.result()).toMatchObject({ batches: 12, rows: 12, highWatermark: { from: null, to: 12 } });
      expect((await handle.describe()).runId).not.toBe(handle.firstExecutionRunId);
      expect((await bench.rows(`SELECT count(*) FROM landing.${table.name}`))[0]).toEqual(['12']);
    } finally {
      await bench.close();
      await server.stop();
    }
  });
});

interface Heartbeat {
  phase: string;
  waitingFor?: { pid: number }[];
}

/** What the latest heartbeat of the run's activity says. */
async function heartbeatOf(bench: IngestBench, handle: WorkflowHandle): Promise<Heartbeat | undefined> {
  const { raw } = await bench.temporal.client.workflow.getHandle(handle.workflowId).describe();
  const data = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data;
  return data == null || data.length === 0 ? undefined : (JSON.parse(Buffer.from(data).toString()) as Heartbeat);
}
