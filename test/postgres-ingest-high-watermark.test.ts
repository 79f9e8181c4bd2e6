import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { updateWatermarks } from '../activities/watermark/reach.js';
import type { JsonValue } from '../connectors/postgres/index.js';
import { TidemarkError } from '../contracts/errors.js';
import type { PostgresIngestInput } from '../contracts/postgres-inputs.js';
import {
  INGEST_KEY,
  watermarkWorkflowId,
  type PendingOverride,
  type PendingOverrides,
  type WatermarkEvent,
  type Watermarks,
} from '../contracts/watermark.js';
import { defineSource } from '../workers/index.js';
import { openIngestBench, unkeyed, type IngestBench } from './support/ingest-worker.js';
import { failureOf } from './support/outcome.js';

let upTo = 0;
const asked: JsonValue[] = [];
let onItsWay: (batch: number) => Promise<void> | void = () => undefined;

/** Batch n has one row n, and brings the watermark to n. */
const numbers = defineSource('numbers', async function* (highWatermark, { tables: [table] }) {
  asked.push(highWatermark);
  if (table === undefined) return;
  for (let batch = Number(highWatermark ?? 0) + 1; batch <= upTo; batch += 1) {
    await onItsWay(batch);
    yield { highWatermark: batch, rows: [[table, [batch, 'x']] as const] };
  }
});

describe('an ingest and its watermark workflow', () => {
  let bench: IngestBench;
  beforeAll(async () => {
    bench = await openIngestBench({ sources: [numbers], watermarks: true });
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    upTo = 3;
    asked.length = 0;
    onItsWay = () => undefined;
  });

  let tables = 0;
  /** A pipeline with a table of its own. */
  function newPipeline(more: Partial<PostgresIngestInput> = {}) {
    const name = `numbers-${randomUUID()}`;
    const table = unkeyed(`w${(tables += 1)}`);
    const input: PostgresIngestInput = {
      pipeline: name,
      target: 'target',
      tables: [table],
      source: { type: 'source', name: 'numbers' },
      ...more,
    };
    const { client, taskQueue } = bench.temporal;
    const handle = client.workflow.getHandle(watermarkWorkflowId(name));
    const reach = { client, taskQueue, pipeline: name };
    return {
      name,
      input,
      run: (changes: Partial<PostgresIngestInput> = {}) => bench.execute({ ...input, ...changes }),
      held: async () => (await handle.query<Watermarks>('watermarks'))[INGEST_KEY],
      events: async () =>
        (await handle.query<WatermarkEvent[]>('history')).map(({ kind, from, to }) => [kind, from, to]),
      overrides: () => handle.query<PendingOverrides>('overrides'),
      set: (value: number): Promise<PendingOverride> =>
        updateWatermarks(reach, 'set', { key: INGEST_KEY, value, by: 'ann', reason: 'again' }),
      reset: (): Promise<PendingOverride> =>
        updateWatermarks(reach, 'reset', { key: INGEST_KEY, by: 'ann', reason: 'anew' }),
      end: () => handle.terminate('by mistake'),
      ids: async () => (await bench.rows(`SELECT id FROM landing.${table.name} ORDER BY id`)).map(([id]) => Number(id)),
      comment: (text: string) => bench.client.query(`COMMENT ON TABLE landing.${table.name} IS '${text}'`),
      marker: async () => (await bench.comment(`landing.${table.name}`))['tidemark'],
    };
  }

  it('advances it after each stretch, one number after another', async () => {
    const { run, held, events } = newPipeline({ batchesPerStretch: 2 });
    const result = await run();
    expect(result.watermark).toBeUndefined();
    expect(await held()).toMatchObject({ value: 3, sequence: 2 });
    upTo = 4;
    await run();
    expect(await held()).toMatchObject({ value: 4, sequence: 1 });
    expect(await events()).toEqual([
      ['advanced', null, 2],
      ['advanced', 2, 3],
      ['advanced', 3, 4],
    ]);
  });

  it('says nothing to it when there was nothing to do', async () => {
    const { run, events } = newPipeline();
    await run();
    await run();
    expect(await events()).toHaveLength(1);
  });

  it('begins from what a person has set, once, and the table holds its id', async () => {
    const { run, set, overrides, held, ids, marker } = newPipeline();
    await run();
    const { id } = await set(1);
    const result = await run();
    expect(result.watermark).toEqual({ override: { id, kind: 'set', by: 'ann', reason: 'again', applied: true } });
    expect(result.summary).toContain('Begun from what ann has set (again).');
    expect(asked.at(-1)).toBe(1);
    expect(await ids()).toEqual([1, 2, 2, 3, 3]);
    expect(await overrides()).toEqual({});
    expect(await held()).toMatchObject({ value: 3 });
    expect(await marker()).toMatchObject({ override: id });
    expect((await run()).batches).toBe(0);
  });

  it('begins from nothing after a reset, also where the input names a start of its own', async () => {
    const { run, reset, ids } = newPipeline();
    await run();
    await reset();
    expect(await run({ highWatermark: 2 })).toMatchObject({ batches: 3, highWatermark: { from: null, to: 3 } });
    expect(await ids()).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('applies an override once per run, not once per stretch or attempt', async () => {
    const { run, reset, ids } = newPipeline({ batchesPerStretch: 1 });
    await run();
    await reset();
    let failures = 1;
    onItsWay = (batch) => {
      if (batch === 3 && (failures -= 1) >= 0) throw new Error('the source is away');
    };
    expect(await run()).toMatchObject({ batches: 3 });
    expect(await ids()).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('keeps an override for the next run when no batch came of it', async () => {
    const { run, set, overrides, held } = newPipeline();
    await run();
    const { id } = await set(10);
    const result = await run();
    expect(result.watermark?.override).toMatchObject({ id, applied: false });
    expect(await overrides()).toMatchObject({ [INGEST_KEY]: { id } });
    expect(await held()).toMatchObject({ value: 3 });
    upTo = 11;
    expect(await run()).toMatchObject({ batches: 1, highWatermark: { from: 10, to: 11 } });
    expect(await overrides()).toEqual({});
  });

  it('lets the table decide when the two copies differ, and says so', async () => {
    const { run, comment, held, events } = newPipeline();
    await run();
    // As a database restored from a backup would.
    await comment('{"pg-bulk-ingest": {"high-watermark": 2}}');
    const result = await run();
    expect(asked.at(-1)).toBe(2);
    expect(result.watermark?.differed).toMatchObject({ workflow: 3, table: 2 });
    expect(result.summary).toContain('The watermark workflow had 3, the table 2, which decides.');
    expect(await held()).toMatchObject({ value: 3, sequence: 1 });
    expect((await events()).slice(1)).toEqual([
      ['rebuilt', 3, 2],
      ['advanced', 2, 3],
    ]);
  });

  it('takes an override as done that the table has committed without a word about it', async () => {
    const { run, set, overrides, comment, ids } = newPipeline();
    await run();
    const { id } = await set(1);
    const marker = { pipeline: null, run: 'one that died', sequence: 1, rows: 1, override: id };
    await comment(JSON.stringify({ 'pg-bulk-ingest': { 'high-watermark': 3 }, tidemark: marker }));
    expect(await run()).toMatchObject({ batches: 0, highWatermark: { to: 3 } });
    expect(await overrides()).toEqual({});
    expect(await ids()).toEqual([1, 2, 3]);
  });

  it('rebuilds it from the table when it was terminated, and says so', async () => {
    const { run, end, held, events } = newPipeline();
    await run();
    await end();
    upTo = 5;
    const result = await run();
    expect(result).toMatchObject({ batches: 2, highWatermark: { from: 3, to: 5 } });
    expect(result.watermark?.differed).toMatchObject({ workflow: null, table: 3 });
    expect(result.watermark?.differed?.reason).toContain('ended as TERMINATED');
    expect(await held()).toMatchObject({ value: 5 });
    expect((await events()).map(([kind]) => kind)).toEqual(['rebuilt', 'advanced']);
  });

  it('goes on when it is terminated while the run is under way; the next run tells it', async () => {
    const { run, end, held, ids } = newPipeline({ batchesPerStretch: 1 });
    onItsWay = async (batch) => {
      if (batch === 3) await end().catch(() => undefined);
    };
    const result = await run();
    expect(result).toMatchObject({ batches: 3 });
    expect(result.watermark?.notRecorded).toContain('does not take advance');
    expect(await ids()).toEqual([1, 2, 3]);
    onItsWay = () => undefined;
    await run();
    expect(await held()).toMatchObject({ value: 3 });
  });

  it('advances it by what a failed run has committed', async () => {
    const { run, held } = newPipeline();
    onItsWay = (batch) => {
      if (batch === 3) throw new TidemarkError('The source is gone.', { code: 'GONE', retryable: false });
    };
    expect((await failureOf(run())).code).toBe('GONE');
    expect(await held()).toMatchObject({ value: 2 });
    onItsWay = () => undefined;
    expect((await run()).watermark).toBeUndefined();
  });

  it('takes the copy of a table that was filled before', async () => {
    const { run, held, events, input } = newPipeline();
    await bench.client.query('CREATE SCHEMA IF NOT EXISTS landing');
    await bench.client.query(`CREATE TABLE landing.${input.tables[0]?.name ?? ''} (id bigint NOT NULL, label text)`);
    await bench.client.query(
      `COMMENT ON TABLE landing.${input.tables[0]?.name ?? ''} IS '{"pg-bulk-ingest": {"high-watermark": 2}}'`,
    );
    const result = await run();
    expect(result).toMatchObject({ batches: 1, highWatermark: { from: 2, to: 3 } });
    expect(result.watermark).toBeUndefined();
    expect(await held()).toMatchObject({ value: 3 });
    expect((await events())[0]).toEqual(['rebuilt', null, 2]);
  });

  it('goes on where it was when the worker is replaced in the middle of a run', async () => {
    const { input, held, ids, events } = newPipeline({ batchesPerStretch: 1 });
    let replaced: Promise<void> | undefined;
    onItsWay = async (batch) => {
      if (batch !== 2 || replaced !== undefined) return;
      replaced = bench.replaceWorker();
      await sleep(100);
    };
    const handle = await bench.start(input);
    expect(await handle.result()).toMatchObject({ batches: 3 });
    await replaced;
    expect(await ids()).toEqual([1, 2, 3]);
    expect(await held()).toMatchObject({ value: 3, sequence: 3 });
    expect(await events()).toHaveLength(3);
  });
});

describe('an ingest in a worker without the watermark plugin', () => {
  let bench: IngestBench;
  beforeAll(async () => {
    bench = await openIngestBench({ sources: [numbers] });
  });
  afterAll(() => bench.close());

  it('runs by the copy in the table, and says what is missing', async () => {
    upTo = 3;
    const input = {
      pipeline: `numbers-${randomUUID()}`,
      target: 'target',
      tables: [unkeyed('without')],
      source: { type: 'source', name: 'numbers' },
    };
    const result = await bench.execute(input);
    expect(result).toMatchObject({ batches: 3, highWatermark: { from: null, to: 3 } });
    expect(result.watermark?.notRecorded).toContain('watermarkPlugin');
    upTo = 4;
    expect(await bench.execute(input)).toMatchObject({ batches: 1, highWatermark: { from: 3, to: 4 } });
  });
});
