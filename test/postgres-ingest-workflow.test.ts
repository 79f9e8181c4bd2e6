import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { JsonValue } from '../connectors/postgres/index.js';
import { TidemarkError } from '../contracts/errors.js';
import type { PostgresIngestInput } from '../contracts/postgres-inputs.js';
import type { IngestProgress, PostgresIngestResult } from '../contracts/postgres-results.js';
import { defineHook, defineSource } from '../workers/index.js';
import { startDevServer } from '../workers/dev-server/index.js';
import { noteSecrets } from './support/known-secrets.js';
import { failureOf } from './support/outcome.js';
import { openIngestBench, unkeyed, type IngestBench } from './support/ingest-worker.js';
import { leaksInHistory, SHAPES, wordMark } from './support/secret-scan.js';

/** In rows of these tests: wherever else it is found, a row has leaked. */
const ROW = 'rowmark-of-the-ingest-tests';

/** What the source `numbers` was asked for, and what it does on its way. */
const asked: { from: JsonValue; committedBatches: number }[] = [];
let upTo = 0;
let onItsWay: (batch: number) => Promise<void> | void = () => undefined;
const hooked: unknown[] = [];

/** Batch n has one row n, and brings the watermark to n. */
const numbers = defineSource('numbers', async function* (highWatermark, { tables: [table], committedBatches }) {
  asked.push({ from: highWatermark, committedBatches });
  if (table === undefined) return;
  for (let batch = Number(highWatermark ?? 0) + 1; batch <= upTo; batch += 1) {
    await onItsWay(batch);
    yield { highWatermark: batch, metadata: { batch }, rows: [[table, [batch, `${ROW} ${batch}`]] as const] };
  }
});
const look = defineHook('look', async ({ client, table, batchMetadata }) => {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM "${table.schema}"."${table.name}"`);
  hooked.push([batchMetadata, Number(rows[0]?.count)]);
});
const refuse = defineHook('refuse', () => {
  throw new Error('no');
});

let tables = 0;
const newTable = () => unkeyed(`t${(tables += 1)}`);
const inputFor = (
  table: PostgresIngestInput['tables'][number],
  more: Partial<PostgresIngestInput> = {},
): PostgresIngestInput => ({
  pipeline: `of ${table.name}`,
  target: 'target',
  tables: [table],
  source: { type: 'source', name: 'numbers' },
  ...more,
});

beforeEach(() => {
  asked.length = 0;
  hooked.length = 0;
  upTo = 3;
  onItsWay = () => undefined;
});

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'an ingest as a durable run with %j',
  (worker) => {
    let bench: IngestBench;
    beforeAll(async () => {
      noteSecrets([ROW]);
      bench = await openIngestBench({
        sources: [numbers],
        hooks: [look, refuse],
        worker: { ...worker, stickyQueueScheduleToStartTimeout: '1s' },
      });
    });
    afterAll(() => bench.close());
    const ids = async (table: { name: string }): Promise<number[]> =>
      (await bench.rows(`SELECT id FROM landing.${table.name} ORDER BY id`)).map(([id]) => Number(id));

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
      upTo = 5;
      expect(await bench.execute(inputFor(table))).toMatchObject({ batches: 2, highWatermark: { from: 3, to: 5 } });
      expect(await ids(table)).toEqual([1, 2, 3, 4, 5]);
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

    it('goes on from what was committed when an attempt fails between two batches', async () => {
      const table = newTable();
      let failures = 1;
      onItsWay = (batch) => {
        if (batch === 3 && (failures -= 1) >= 0) throw new Error('the source is away');
      };
      const result = await bench.execute(inputFor(table));
      expect(result).toMatchObject({ batches: 3, rows: 3, highWatermark: { from: null, to: 3 } });
      expect(asked).toEqual([
        { from: null, committedBatches: 0 },
        { from: 2, committedBatches: 2 },
      ]);
      expect(await ids(table)).toEqual([1, 2, 3]);
    });

    it('writes again what the server has lost after it was committed, and says so', async () => {
      const table = newTable();
      let isLost = false;
      upTo = 5;
      let comment = '';
      onItsWay = async (batch) => {
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
      expect(await ids(table)).toEqual([1, 2, 3, 4, 5]);
    });

    it('applies an explicit watermark and a deletion once per run, whatever fails in between', async () => {
      const table = newTable();
      upTo = 12;
      await bench.execute(inputFor(table));
      let failures = 2;
      onItsWay = (batch) => {
        if (batch === 12 && (failures -= 1) >= 0) throw new Error('the source is away');
      };
      const again = { highWatermark: 10, delete: '__BEFORE_FIRST_BATCH__', batchesPerStretch: 1 } as const;
      const result = await bench.execute(inputFor(table, again));
      expect(result).toMatchObject({ batches: 2, rows: 2, highWatermark: { from: 10, to: 12 } });
      expect(await ids(table)).toEqual([11, 12]);
    });

    it("begins at null with '__EARLIEST__', once per run", async () => {
      const table = newTable();
      await bench.execute(inputFor(table));
      asked.length = 0;
      await bench.execute(inputFor(table, { highWatermark: '__EARLIEST__', batchesPerStretch: 2 }));
      expect(asked.map(({ from }) => from)).toEqual([null, 2]);
      expect(await ids(table)).toEqual([1, 1, 2, 2, 3, 3]);
    });

    it('needs one activity for many batches, and another one after batchesPerStretch', async () => {
      const table = newTable();
      upTo = 7;
      const handle = await bench.start(inputFor(table, { batchesPerStretch: 3 }));
      expect(await handle.result()).toMatchObject({ batches: 7, rows: 7, highWatermark: { from: null, to: 7 } });
      const { events } = await handle.fetchHistory();
      const scheduled = (events ?? []).flatMap(
        ({ activityTaskScheduledEventAttributes: step }) => step?.activityType?.name ?? [],
      );
      expect(scheduled.filter((name) => name === 'postgresIngestStretch')).toHaveLength(3);
      expect(await ids(table)).toEqual([1, 2, 3, 4, 5, 6, 7]);
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
      expect(await ids(table)).toEqual([1, 1, 2, 2]);
    });

    it('runs a hook of its name in the transaction of each batch', async () => {
      const table = newTable();
      await bench.execute(inputFor(table, { onBeforeVisible: 'look' }));
      expect(hooked).toEqual([
        [{ batch: 1 }, 1],
        [{ batch: 2 }, 2],
        [{ batch: 3 }, 3],
      ]);
    });

    it('takes the rows of a batch back when it is cancelled, and keeps the batches before it', async () => {
      const table = newTable();
      onItsWay = (batch) => (batch === 3 ? sleep(600_000, undefined, { ref: false }) : undefined);
      const handle = await bench.start(inputFor(table));
      await until(() => ids(table).then((found) => found.length === 2, () => false)); // prettier-ignore
      await handle.cancel();
      const ended = await handle.result().catch((error: unknown) => error);
      expect(ended).toBeInstanceOf(WorkflowFailedError);
      expect((ended as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(await ids(table)).toEqual([1, 2]);
      onItsWay = () => undefined;
      expect(await bench.execute(inputFor(table))).toMatchObject({ batches: 1, highWatermark: { from: 2, to: 3 } });
    });

    it('goes on when its worker is shut down in the middle of a batch', async () => {
      const table = newTable();
      let isStuck = false;
      onItsWay = (batch) => {
        if (batch !== 3 || isStuck) return;
        isStuck = true;
        return sleep(600_000, undefined, { ref: false });
      };
      const handle = await bench.start(inputFor(table));
      await until(() => isStuck);
      await bench.replaceWorker();
      expect(await handle.result()).toMatchObject({ batches: 3, rows: 3, highWatermark: { from: null, to: 3 } });
      expect(await ids(table)).toEqual([1, 2, 3]);
    });

    it('goes on when the server ends its session in the middle of a batch', async () => {
      const table = newTable();
      let isEnded = false;
      onItsWay = async (batch) => {
        if (batch !== 2 || isEnded) return;
        isEnded = true;
        await bench.client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
      };
      expect(await bench.execute(inputFor(table))).toMatchObject({ batches: 3, rows: 3 });
      expect(await ids(table)).toEqual([1, 2, 3]);
    });

    it('fails, writing nothing, when another run has committed between two of its batches', async () => {
      const table = newTable();
      let isMoved = false;
      onItsWay = async (batch) => {
        if (batch !== 2 || isMoved) return;
        isMoved = true;
        const rows = { type: 'rows', rows: [[99, 'of the other one']], highWatermark: 99 } as const;
        await bench.execute(inputFor(table, { source: { ...rows, rows: [[99, 'of the other one']] } }));
      };
      const failed = await failureOf(bench.execute(inputFor(table)));
      expect(failed.code).toBe('HIGH_WATERMARK_MOVED');
      expect(await ids(table)).toEqual([1, 99]);
      expect(await bench.comment(`landing.${table.name}`)).toMatchObject({
        'pg-bulk-ingest': { 'high-watermark': 99 },
      });
    });

    it('never does what is done once per run again when another run came between two stretches', async () => {
      const table = newTable();
      let isMoved = false;
      const other = inputFor(table, { source: { type: 'rows', rows: [[99, 'other']], highWatermark: 99 } });
      onItsWay = async (batch) => {
        if (batch !== 3 || isMoved) return;
        isMoved = true;
        await bench.execute(other);
        throw new Error('and away');
      };
      const failed = await failureOf(
        bench.execute(inputFor(table, { highWatermark: '__EARLIEST__', delete: '__BEFORE_FIRST_BATCH__' })),
      );
      expect(failed.code).toBe('HIGH_WATERMARK_MOVED');
      expect(await ids(table)).toEqual([1, 2, 99]);
    });

    it('feeds a table by two runs at once without losing or repeating a row', async () => {
      const table = newTable();
      upTo = 20;
      const runs = await Promise.allSettled([bench.execute(inputFor(table)), bench.execute(inputFor(table))]);
      const ended = runs.filter(({ status }) => status === 'fulfilled');
      expect(ended.length).toBeGreaterThan(0);
      expect(await ids(table)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    });

    it('refuses a table that belongs to another pipeline, until it is adopted', async () => {
      const table = newTable();
      await bench.execute(inputFor(table));
      upTo = 4;
      const failed = await failureOf(bench.execute(inputFor(table, { pipeline: 'another' })));
      expect(failed.code).toBe('TABLE_OF_OTHER_PIPELINE');
      expect(await bench.execute(inputFor(table, { pipeline: 'another', adopt: true }))).toMatchObject({ batches: 1 });
    });

    it('says in its failure and to who asks what it has committed before', async () => {
      const table = newTable();
      onItsWay = (batch) => {
        if (batch === 3) throw new TidemarkError('the source is gone', { code: 'GONE', retryable: false });
      };
      const handle = await bench.start(inputFor(table, { batchesPerStretch: 1 }));
      const failed = await failureOf<PostgresIngestResult>(handle.result() as Promise<PostgresIngestResult>);
      expect(failed).toMatchObject({ code: 'GONE', message: 'the source is gone' });
      expect(failed.result).toMatchObject({ batches: 2, rows: 2, highWatermark: { from: null, to: 2 } });
      expect(await handle.query<IngestProgress>('progress')).toEqual({
        phase: 'failed',
        batches: 2,
        rows: 2,
        quarantined: 0,
        highWatermark: 2,
      });
    });

    it('tells by its heartbeats what is committed, and whom it waits for', async () => {
      const table = newTable();
      await bench.execute(inputFor(table));
      upTo = 4;
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

    it('leaves neither a row nor a password in its history', async () => {
      const table = newTable();
      const password = new URL(bench.database.url).password;
      const marks = [
        ...SHAPES,
        wordMark('a row', ROW),
        ...(password.length > 5 ? [wordMark('a password', password)] : []),
      ];
      const ended = await bench.start(inputFor(table));
      await ended.result();
      // A row that does not fit, a hook that throws, and a value that the server's messages quote.
      const narrow = { ...table, columns: [table.columns[0]!, { name: 'label', type: 'varchar(3)' }] };
      const tooLong = await bench.start(inputFor(narrow, { highWatermark: '__EARLIEST__' }));
      expect((await failureOf(tooLong.result())).code).toBe('POSTGRES_TOO_LONG');
      const integer = { ...newTable(), columns: [table.columns[0]!, { name: 'label', type: 'integer' }] };
      const badValue = await bench.start(inputFor(integer));
      expect((await failureOf(badValue.result())).code).toBe('POSTGRES_BAD_VALUE');
      for (const handle of [ended, tooLong, badValue])
        expect(await leaksInHistory(bench.temporal.client, handle, marks)).toEqual([]);
    });

    it.each<[string, object, string]>([
      ['an unknown key', { highWaterMark: 3 }, 'highWaterMark'],
      ['an unknown constant', { upsert: '__OFFF__' }, 'upsert'],
      ['a misspelt starting point', { highWatermark: '__LATESTT__' }, 'highWatermark'],
      ['an integer that JSON would round', { highWatermark: 2 ** 60 }, 'highWatermark'],
      ['no table', { tables: [] }, 'tables'],
      [
        'two tables for a source that feeds one',
        { tables: [unkeyed('a'), unkeyed('b')], source: { type: 'rows', rows: [] } },
        'tables',
      ],
      ['a row that is too short', { source: { type: 'rows', rows: [[1]] } }, 'source.rows.0'],
      [
        'a lag without a key',
        { source: { type: 'query', connection: 'origin', query: 'q', cursor: 'c', lag: 1 } },
        'source.lag',
      ],
      [
        'a table and a query',
        { source: { type: 'query', connection: 'origin', query: 'q', sql: 'SELECT 1' } },
        'source',
      ],
      ['a comment on the first table', { tables: [{ ...unkeyed('a'), comment: 'mine' }] }, 'tables.0.comment'],
    ])('fails at once on %s', async (_what, more, path) => {
      const failed = await failureOf(bench.execute({ ...inputFor(unkeyed('never')), ...more }));
      expect(failed.code).toBe('ValidationError');
      expect(failed.message).toContain(path);
    });

    it.each<[string, object, string]>([
      ['a target', { target: 'targt' }, 'target'],
      ['a source', { source: { type: 'source', name: 'number' } }, 'numbers'],
      ['a hook', { onBeforeVisible: 'lok' }, 'look'],
    ])('says which names there are when %s is unknown', async (_what, more, near) => {
      const failed = await failureOf(bench.execute({ ...inputFor(unkeyed('never')), ...more }));
      expect(failed.code).toBe('UNKNOWN_CONNECTION');
      expect(failed.message).toContain(near);
    });
  },
);

describe('a run whose history grows long', () => {
  it('continues as new, and is one run nevertheless', async () => {
    const server = await startDevServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 20 } });
    const { address, namespace } = server;
    const bench = await openIngestBench({ sources: [numbers], server: { address, namespace } });
    try {
      const table = newTable();
      upTo = 12;
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

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

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
