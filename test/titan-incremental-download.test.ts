import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { updateWatermarks } from '../activities/watermark/reach.js';
import type { TitanConventionDownloadInput } from '../contracts/titan-inputs.js';
import type {
  DownloadTableResult,
  TitanConventionDownloadResult,
  TitanSyncDomainsResult,
} from '../contracts/titan-results.js';
import { watermarkWorkflowId, type WatermarkEvent, type Watermarks } from '../contracts/watermark.js';
import { failureOf } from './support/outcome.js';
import { openTenant, type Tenant } from './support/tenant.js';

describe('an incremental download whose marks the pipeline keeps', () => {
  let tenant: Tenant;
  beforeAll(async () => {
    tenant = await openTenant();
  });
  afterAll(() => tenant.close());
  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.05 } };
  beforeEach(async () => {
    await put('C1,Ann,1\nC2,Bob,2\n');
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    await upload();
  });
  afterEach(() => {
    tenant.sandbox.clearFaults();
    tenant.sandbox.configure({ refuseIncremental: false, exportDelayMs: 0 });
  });

  const put = (rows: string) => tenant.put('cust_customers.csv', `code,name,zip\n${rows}`);
  const upload = () => tenant.execute('titanConventionUpload', { ...base, domain: 'Customer', store: 'lake' });

  /** A pipeline of its own. Without a lag, so that what is received is what has changed. */
  function newPipeline(more: Partial<TitanConventionDownloadInput> = {}) {
    const pipeline = `down-${randomUUID()}`;
    const { client, taskQueue } = tenant.temporal;
    const handle = client.workflow.getHandle(watermarkWorkflowId(pipeline));
    const reach = { client, taskQueue, pipeline };
    const input = { ...base, domain: 'Customer', store: 'landing', pattern: 'incremental', lagSeconds: 0, pipeline };
    return {
      pipeline,
      run: (changes: Partial<TitanConventionDownloadInput> = {}) =>
        tenant.execute<TitanConventionDownloadResult>('titanConventionDownload', { ...input, ...more, ...changes }),
      marks: async () => {
        const held = await handle.query<Watermarks>('watermarks');
        return Object.fromEntries(Object.entries(held).map(([key, { value }]) => [key, value]));
      },
      history: () => handle.query<WatermarkEvent[]>('history'),
      reset: () => updateWatermarks(reach, 'reset', { key: 'cust_customers', by: 'ann', reason: 'anew' }),
      set: (value: string) =>
        updateWatermarks(reach, 'set', { key: 'cust_customers', value, by: 'ann', reason: 'again' }),
      end: () => handle.terminate('by mistake'),
    };
  }
  const patterns = ({ tables }: { tables: DownloadTableResult[] }) =>
    tables.map(({ pattern, rows }) => [pattern, rows]);
  const instant = (text: unknown): number => Date.parse(String(text));

  it('begins with full exports, and the next run receives what has changed since', async () => {
    const { run, marks } = newPipeline();
    const first = await run();
    expect(patterns(first)).toEqual([
      ['full', 2],
      ['full', 1],
    ]);
    const changes = first.tables.map(({ lastChange }) => instant(lastChange));
    expect(Object.values(await marks()).map(instant)).toEqual(changes);
    expect(first.tables[0]?.watermark).toMatchObject({ from: null, note: 'no mark yet: begun from nothing' });
    await put('C1,Ann,1\nC2,Bea,2\nC3,Cem,3\n');
    await upload();
    const second = await run();
    expect(second.tables[0]).toMatchObject({ pattern: 'incremental', rows: 3 - Number(second.tables[0]?.rows === 2) });
    expect(second.tables[0]?.reference).not.toEqual({ connection: 'landing', table: 'cust_customers' });
    expect(second.tables[0]?.watermark?.from).toBe(first.tables[0]?.watermark?.to);
    const mark = instant((await marks())['cust_customers']);
    expect(mark).toBe(instant(second.tables[0]?.lastChange));
    expect(mark).toBeGreaterThan(changes[0] ?? 0);
  });

  it('keeps the mark behind the latest change by the lag, and never takes it back', async () => {
    const { run, marks } = newPipeline();
    const first = await run({ lagSeconds: 100 });
    const change = instant(first.tables[0]?.lastChange);
    expect(instant((await marks())['cust_customers'])).toBe(change - 100_000);
    await run({ lagSeconds: 0 });
    expect(instant((await marks())['cust_customers'])).toBe(change);
    await run({ lagSeconds: 1_000 });
    expect(instant((await marks())['cust_customers'])).toBe(change);
  });

  it("goes by the export's start, not its completion, where no row came", async () => {
    const { run, marks } = newPipeline({ tables: ['Regions'] });
    await tenant.put('cust_regions.csv', 'id,label\n');
    await tenant.execute('titanConventionUpload', { ...base, domain: 'Customer', store: 'lake', onEmpty: 'send' });
    tenant.sandbox.configure({ exportDelayMs: 1_500 });
    const before = Date.now();
    const { tables } = await run();
    expect(tables[0]).toMatchObject({ rows: 0, status: 'success' });
    const mark = instant((await marks())['cust_regions']);
    expect(mark).toBeGreaterThanOrEqual(before - 5);
    expect(mark).toBeLessThan(Date.now() - 1_400);
  });

  it('moves the mark of a table whose rows are safe, whatever becomes of the others', async () => {
    const { run, marks } = newPipeline();
    tenant.sandbox.setFaults([{ kind: 'exportFailed', match: { route: 'exports.new', table: 'cust_regions' } }]);
    await failureOf(run({ exportsInFlight: 1 }));
    expect(Object.keys(await marks())).toEqual(['cust_customers']);
    tenant.sandbox.clearFaults();
    const second = await run();
    expect(second.tables.map(({ pattern }) => pattern)).toEqual(['incremental', 'full']);
  });

  it('takes full exports from a tenant that has no others, and says so', async () => {
    const { run, marks } = newPipeline();
    await run();
    tenant.sandbox.configure({ refuseIncremental: true });
    const second = await run();
    expect(patterns(second)).toEqual([
      ['full', 2],
      ['full', 1],
    ]);
    expect(second.tables[0]?.warnings?.[0]).toContain('refuses incremental exports');
    expect(second.tables[0]?.reference).toEqual({ connection: 'landing', table: 'cust_customers' });
    expect(Object.keys(await marks())).toHaveLength(2);
  });

  it('begins from what a person has set, and from nothing after a reset', async () => {
    const { run, reset, set, history } = newPipeline({ tables: ['Customers'] });
    await run();
    await set('2001-01-01T00:00:00Z');
    const third = await run();
    expect(third.tables[0]).toMatchObject({ pattern: 'incremental', watermark: { from: '2001-01-01T00:00:00Z' } });
    expect(third.tables[0]?.rows).toBeGreaterThanOrEqual(2);
    expect(third.tables[0]?.watermark?.note).toBe('set by ann: again');
    await reset();
    expect((await run()).tables[0]).toMatchObject({ pattern: 'full', rows: 2 });
    expect((await run()).tables[0]).toMatchObject({ pattern: 'incremental' });
    expect((await history()).map(({ kind }) => kind)).toEqual(['advanced', 'set', 'applied', 'reset', 'applied']);
  });

  it('begins with full exports when the marks are lost, and says why they could not be found again', async () => {
    const { run, end } = newPipeline();
    await run();
    await end();
    const second = await run();
    expect(second.tables.map(({ pattern }) => pattern)).toEqual(['full', 'full']);
    expect(second.tables[0]?.watermark?.note).toMatch(/ended as TERMINATED.*target can't hold it/u);
    expect((await run()).tables[0]).toMatchObject({ pattern: 'incremental' });
  });

  it('goes by a mark of the input where there is one, and leaves those of the pipeline alone', async () => {
    const { run, pipeline } = newPipeline();
    const result = await run({ highWaterMark: '2001-01-01' });
    expect(result.tables[0]).toMatchObject({ pattern: 'incremental', status: 'success' });
    expect(result.tables[0]?.watermark).toBeUndefined();
    const handle = tenant.temporal.client.workflow.getHandle(watermarkWorkflowId(pipeline));
    await expect(handle.describe()).rejects.toThrow(/not found/iu);
  });

  it('keeps those of many domains under one pipeline', async () => {
    const { pipeline, marks } = newPipeline();
    const sync = () =>
      tenant.execute<TitanSyncDomainsResult>('titanSyncDomains', {
        ...base,
        direction: 'download',
        store: 'landing',
        pattern: 'incremental',
        pipeline,
      });
    expect((await sync()).tables.map((table) => table.pattern)).toEqual(['full', 'full']);
    expect((await sync()).tables.map((table) => table.pattern)).toEqual(['incremental', 'incremental']);
    expect(Object.keys(await marks()).sort()).toEqual(['cust_customers', 'cust_regions']);
  });

  it('needs a mark, or a pipeline that has one', async () => {
    const input = { ...base, domain: 'Customer', store: 'landing', pattern: 'incremental' };
    expect((await failureOf(tenant.execute('titanConventionDownload', input))).code).toBe('ValidationError');
    const { domain, ...rest } = input;
    const sync = tenant.execute('titanSyncDomains', { ...rest, domains: [domain], direction: 'download' });
    expect((await failureOf(sync)).code).toBe('ValidationError');
  });
});
