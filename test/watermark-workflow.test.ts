import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startDevServer, type DevServer } from '../workers/dev-server/index.js';
import { MAX_EVENTS, watermarkWorkflowId, type Advance } from '../contracts/watermark.js';
import { refusalOf } from './support/refusal-code.js';
import { emptyState } from '../workflows/watermark/state.js';
import { advance, KEY, openWatermarkBench, type WatermarkBench } from './support/watermark-worker.js';

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])('the watermark workflow with %j', (worker) => {
  let bench: WatermarkBench;
  beforeAll(async () => {
    bench = await openWatermarkBench({ worker: { ...worker, stickyQueueScheduleToStartTimeout: '1s' } });
  });
  afterAll(() => bench.close());

  /** Advances of a pipeline of its own. */
  function pipeline() {
    const name = bench.pipeline();
    const reach = bench.reach(name);
    return {
      name,
      advance: (more?: Partial<Advance>) => bench.update(reach, 'advance', advance(more)),
      open: (run: string, keys?: string[]) =>
        bench.update(reach, 'open', { run, ...(keys === undefined ? {} : { keys }) }),
      rebuild: (to: number, run: string, override?: string) =>
        bench.update(reach, 'rebuild', { key: KEY, to, run, ...(override === undefined ? {} : { override }) }),
      set: (value: number, id?: string) =>
        bench.update(reach, 'set', {
          key: KEY,
          value,
          by: 'ann',
          reason: 'bad rows',
          ...(id === undefined ? {} : { id }),
        }),
      reset: () => bench.update(reach, 'reset', { key: KEY, by: 'ann', reason: 'anew' }),
      value: async () => (await bench.watermarks(name))[KEY]?.value,
    };
  }

  it('is started by the first who asks, and says that it is fresh', async () => {
    const { open } = pipeline();
    expect(await open('run 1')).toEqual({ watermarks: {}, overrides: {}, fresh: true });
  });

  it('keeps what runs have reached, and tells it by key', async () => {
    const { name, advance, open } = pipeline();
    expect(await advance()).toEqual({ changed: true });
    await advance({ key: 'other', to: { any: ['json', false] } });
    expect(await open('run 2', [KEY])).toEqual({
      watermarks: { [KEY]: { value: 1, run: 'run 1', sequence: 1, at: expect.any(String) } },
      overrides: {},
      fresh: false,
    });
    expect(Object.keys(await bench.watermarks(name))).toEqual([KEY, 'other']);
  });

  it('takes the same advance again as done, and no other one of that number', async () => {
    const { name, advance } = pipeline();
    await advance();
    expect(await advance()).toEqual({ changed: false });
    expect(await refusalOf(advance({ to: 2 }))).toBe('HIGH_WATERMARK_MOVED');
    expect(await bench.history(name)).toHaveLength(1);
  });

  it('takes the advances of a run one after another, each from where the last one ended', async () => {
    const { advance, value } = pipeline();
    await advance();
    expect(await refusalOf(advance({ from: 1, to: 3, sequence: 3 }))).toBe('HIGH_WATERMARK_MOVED');
    expect(await refusalOf(advance({ from: 0, to: 2, sequence: 2 }))).toBe('HIGH_WATERMARK_MOVED');
    await advance({ from: 1, to: 2, sequence: 2 });
    expect(await value()).toBe(2);
  });

  it('takes the first advance of another run, and refuses the one before for ever', async () => {
    const { advance, value, rebuild } = pipeline();
    await advance();
    expect(await refusalOf(advance({ from: 1, to: 5, run: 'run 2', sequence: 2 }))).toBe('HIGH_WATERMARK_MOVED');
    await advance({ from: 1, to: null, run: 'run 2' });
    // As its own first one was: the value has come back, and the run is over nevertheless.
    expect(await refusalOf(advance())).toBe('HIGH_WATERMARK_MOVED');
    expect(await refusalOf(advance({ from: null, to: 7, sequence: 2 }))).toBe('HIGH_WATERMARK_MOVED');
    expect(await refusalOf(advance({ key: 'other' }))).toBe('HIGH_WATERMARK_MOVED');
    expect(await refusalOf(rebuild(9, 'run 1'))).toBe('HIGH_WATERMARK_MOVED');
    expect(await value()).toBe(null);
  });

  it('keeps 0, an empty text and false as values, and compares objects by what they mean', async () => {
    const { advance, value } = pipeline();
    let sequence = 1;
    let from: Advance['from'] = null;
    for (const to of [0, '', false, null, { a: 1, b: [1, { c: 2 }] }]) {
      await advance({ from, to, sequence });
      expect(await value()).toEqual(to);
      from = to;
      sequence += 1;
    }
    expect(await refusalOf(advance({ from: { a: 1, b: [{ c: 2 }, 1] }, to: 2, sequence }))).toBe(
      'HIGH_WATERMARK_MOVED',
    );
    await advance({ from: { b: [1, { c: 2 }], a: 1 }, to: 2, sequence });
    expect(await value()).toBe(2);
  });

  it('refuses what is no update of its own by its path, and goes on', async () => {
    const { name, advance, value } = pipeline();
    await advance();
    const { reach, update } = bench;
    const bad = { key: KEY, to: 2 ** 60, from: 1, run: 'run 1', sequence: 2 };
    expect(await refusalOf(update(reach(name), 'advance', bad))).toBe('ValidationError');
    expect(await refusalOf(update(reach(name), 'set', { key: KEY, value: '__LATEST__', by: 'ann', reason: 'r' }))).toBe(
      'ValidationError',
    );
    expect(await refusalOf(advance({ from: 1, to: 'x'.repeat(40_000), sequence: 2 }))).toBe('WATERMARK_TOO_LARGE');
    expect(await value()).toBe(1);
  });

  it('leaves nothing of a refused update in its history', async () => {
    const { name, advance } = pipeline();
    await advance();
    const handle = bench.temporal.client.workflow.getHandle(watermarkWorkflowId(name));
    const accepted = async () =>
      ((await handle.fetchHistory()).events ?? []).filter(
        (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
      ).length;
    const before = await accepted();
    await refusalOf(advance({ sequence: 7 }));
    expect(await accepted()).toBe(before);
  });

  it('hands what a person sets to the next run, whose advance acknowledges it', async () => {
    const { name, advance, open, set, value } = pipeline();
    await advance();
    const override = await set(-5);
    expect(await value()).toBe(1);
    expect((await open('run 2')).overrides).toEqual({ [KEY]: override });
    expect(override).toMatchObject({ kind: 'set', value: -5, by: 'ann', reason: 'bad rows' });
    const first = { from: -5, to: 3, run: 'run 2', override: override.id };
    expect(await refusalOf(advance({ ...first, from: 1 }))).toBe('HIGH_WATERMARK_MOVED');
    expect(await advance(first)).toEqual({ changed: true });
    expect(await advance(first)).toEqual({ changed: false });
    expect(await bench.overrides(name)).toEqual({});
    expect((await bench.history(name)).map(({ kind, from, to, by, run }) => ({ kind, from, to, by, run }))).toEqual([
      { kind: 'advanced', from: null, to: 1, by: undefined, run: 'run 1' },
      { kind: 'set', from: 1, to: -5, by: 'ann', run: undefined },
      { kind: 'applied', from: 1, to: 3, by: undefined, run: 'run 2' },
    ]);
  });

  it('lets a run finish that began from an override which a person has replaced meanwhile', async () => {
    const { name, advance, set, reset } = pipeline();
    await advance();
    const first = await set(-5);
    const second = await reset();
    await advance({ from: -5, to: 3, run: 'run 2', override: first.id });
    expect(await bench.overrides(name)).toEqual({ [KEY]: second });
    await advance({ from: null, to: 4, run: 'run 3', override: second.id });
    expect(await bench.overrides(name)).toEqual({});
  });

  it('sets once what is sent twice under one id', async () => {
    const { name, set } = pipeline();
    expect(await set(3, 'my-id')).toEqual(await set(3, 'my-id'));
    expect(await bench.history(name)).toHaveLength(1);
  });

  it('takes over the copy at the target, before the first advance of a run and not after', async () => {
    const { name, advance, rebuild, value } = pipeline();
    await advance({ to: 10 });
    expect(await rebuild(7, 'run 2')).toEqual({ changed: true });
    expect(await rebuild(7, 'run 2')).toEqual({ changed: false });
    await advance({ from: 7, to: 8, run: 'run 2' });
    expect(await refusalOf(rebuild(7, 'run 2'))).toBe('HIGH_WATERMARK_MOVED');
    expect(await value()).toBe(8);
    expect((await bench.history(name)).map(({ kind }) => kind)).toEqual(['advanced', 'rebuilt', 'advanced']);
  });

  it('takes an override as applied that the target has committed already', async () => {
    const { name, rebuild, set } = pipeline();
    const { id } = await set(5);
    await rebuild(6, 'run 2', id);
    expect(await bench.overrides(name)).toEqual({});
    expect(await bench.watermarks(name)).toMatchObject({ [KEY]: { value: 6, run: 'run 2', sequence: 0 } });
  });

  it('goes on where it was when its worker is replaced', async () => {
    const { advance, value } = pipeline();
    await advance();
    await bench.replaceWorker();
    await advance({ from: 1, to: 2, sequence: 2 });
    expect(await value()).toBe(2);
  });

  it('says after its termination that what it held is lost', async () => {
    const { name, advance, open } = pipeline();
    await advance();
    await bench.temporal.client.workflow.getHandle(watermarkWorkflowId(name)).terminate('by mistake');
    const lost = { status: 'TERMINATED', at: expect.any(String) };
    expect(await open('run 2')).toEqual({ watermarks: {}, overrides: {}, fresh: true, lost });
    await advance({ run: 'run 2' });
    expect(await open('run 3')).toMatchObject({ fresh: false, lost });
  });

  it('shows what it holds in the Web UI', async () => {
    const { name, advance, set } = pipeline();
    await advance();
    await set(2);
    const handle = bench.temporal.client.workflow.getHandle(watermarkWorkflowId(name));
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toContain('|cust_customers|\u20071|');
    expect(currentDetails).toMatch(/By run run 1, at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/u);
    expect(currentDetails).toContain('waits for the next run');
    expect(await (await handle.describe()).staticSummary()).toBe(`High watermarks of ${name}`);
  });
});

describe('a watermark workflow with a long history', () => {
  let server: DevServer;
  let bench: WatermarkBench;
  beforeAll(async () => {
    server = await startDevServer({
      env: { ...process.env, TEMPORAL_ADDRESS: undefined, TEMPORAL_PROFILE: undefined },
      dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 150 },
    });
    bench = await openWatermarkBench({ server });
  });
  afterAll(async () => {
    await bench.close();
    await server.stop();
  });

  it('continues as new with all that it knows while updates are in flight, and loses none', async () => {
    const name = bench.pipeline();
    const reach = bench.reach(name);
    const keys = Array.from({ length: 8 }, (_, index) => `key ${index}`);
    const { id } = await bench.update(reach, 'set', { key: 'pending', value: 1, by: 'ann', reason: 'r' });
    const rounds = 30;
    await Promise.all(
      keys.map(async (key) => {
        for (let sequence = 1; sequence <= rounds; sequence += 1) {
          const from = sequence === 1 ? null : sequence - 1;
          await bench.update(reach, 'advance', { key, from, to: sequence, run: 'run 1', sequence });
        }
      }),
    );
    const watermarks = await bench.watermarks(name);
    for (const key of keys) expect(watermarks[key]).toMatchObject({ value: rounds, sequence: rounds });
    expect(await bench.overrides(name)).toMatchObject({ pending: { id } });
    expect(await bench.history(name)).toHaveLength(MAX_EVENTS);
    const { firstExecutionRunId, runId } = await runsOf(name);
    expect(runId).not.toBe(firstExecutionRunId);
  });

  async function runsOf(name: string): Promise<{ firstExecutionRunId: string | undefined; runId: string }> {
    const { runId, raw } = await bench.temporal.client.workflow.getHandle(watermarkWorkflowId(name)).describe();
    return { runId, firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId ?? undefined };
  }

  it('holds a thousand keys of one pipeline, answers with them, and hands them on', async () => {
    const name = bench.pipeline();
    const run = `tidemark/pipeline/${name}/7b0f4a80-5d8c-4b52-a2f0-0d1bd7a6c9d1`;
    const entry = { value: '2026-11-25T01:02:03.123456+00:00', run, sequence: 1, at: '2026-11-25T01:02:03.123Z' };
    const keys = Array.from({ length: 1_000 }, (_, index) => `domain_with_a_long_name_table_${index}`);
    // As a run before this one would have carried it over.
    const state = { ...emptyState(undefined), watermarks: Object.fromEntries(keys.map((key) => [key, entry])) };
    const { client, taskQueue } = bench.temporal;
    await client.workflow.start('tidemarkWatermark', {
      workflowId: watermarkWorkflowId(name),
      taskQueue,
      args: [{ pipeline: name }, { version: 1, state }],
    });
    const reach = bench.reach(name);
    for (const key of keys.slice(0, 40))
      await bench.update(reach, 'advance', { key, from: entry.value, to: 'later', run, sequence: 2 });
    const { firstExecutionRunId, runId } = await runsOf(name);
    expect(runId).not.toBe(firstExecutionRunId);
    const opened = await bench.update(reach, 'open', { run: 'run 2' });
    expect(Object.keys(opened.watermarks)).toEqual(keys);
    expect(JSON.stringify(opened).length).toBeLessThan(500_000);
    expect(await bench.watermarks(name)).toEqual(opened.watermarks);
  });

  it('refuses what would make it too large to be handed on', async () => {
    const name = bench.pipeline();
    const entry = { value: 'x'.repeat(9_000), run: 'run 1', sequence: 1, at: '2026-11-25T01:02:03.123Z' };
    const keys = Array.from({ length: 108 }, (_, index) => `key ${index}`);
    const state = { ...emptyState(undefined), watermarks: Object.fromEntries(keys.map((key) => [key, entry])) };
    const { client, taskQueue } = bench.temporal;
    await client.workflow.start('tidemarkWatermark', {
      workflowId: watermarkWorkflowId(name),
      taskQueue,
      args: [{ pipeline: name }, { version: 1, state }],
    });
    const more = { key: 'more', from: null, to: 'y'.repeat(9_000), run: 'run 1', sequence: 1 };
    expect(await refusalOf(bench.update(bench.reach(name), 'advance', more))).toBe('WATERMARK_TOO_LARGE');
    await bench.update(bench.reach(name), 'advance', { ...more, to: 1 });
  });
});
