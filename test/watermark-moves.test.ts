import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { updateWatermarks } from '../activities/watermark/reach.js';
import type { TitanConventionDownloadResult } from '../contracts/titan-results.js';
import { watermarkWorkflowId, type WatermarkEvent, type Watermarks } from '../contracts/watermark.js';
import { watermarkPlugin } from '../workers/index.js';
import { openTenant, type Tenant } from './support/tenant.js';

/** Two workers with a task queue each, and a pipeline whose runs come from the one, then from the other. */
describe('the high watermarks of a pipeline that moves to another task queue', () => {
  // Each test has its own, since one of them stops a worker, and what is there must be later than what is here.
  let here: Tenant;
  let isGone: boolean;
  let there: Tenant;
  const open = async (): Promise<Tenant> => {
    const tenant = await openTenant();
    await tenant.put('cust_customers.csv', 'code,name,zip\nC1,Ann,1\n');
    await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
    await tenant.execute('titanConventionUpload', { ...base, domain: 'Customer', store: 'lake' });
    return tenant;
  };
  beforeEach(async () => {
    here = await open();
    isGone = false;
    there = await open();
  });
  afterEach(async () => {
    if (!isGone) await here.close();
    await there.close();
  });

  const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.05 } };
  const download = (tenant: Tenant, pipeline: string) =>
    tenant.execute<TitanConventionDownloadResult>('titanConventionDownload', {
      ...base,
      domain: 'Customer',
      store: 'landing',
      pattern: 'incremental',
      pipeline,
    });

  it.each([
    ['whose old one is polled still', () => Promise.resolve()],
    [
      'whose old one nobody polls any more',
      () => {
        isGone = true;
        return here.close();
      },
    ],
  ])('%s go along with all that is held, and stay there', async (_which, leave) => {
    const pipeline = `moves-${randomUUID()}`;
    const { client, taskQueue } = there.temporal;
    const handle = client.workflow.getHandle(watermarkWorkflowId(pipeline));
    const first = await download(here, pipeline);
    expect((await handle.describe()).taskQueue).toBe(here.temporal.taskQueue);
    const pending = { key: 'cust_regions', value: '2020-01-01T00:00:00Z', by: 'ann', reason: 'again' };
    const { id } = await updateWatermarks({ client, taskQueue: here.temporal.taskQueue, pipeline }, 'set', pending);
    await leave();

    const second = await download(there, pipeline);
    expect((await handle.describe()).taskQueue).toBe(taskQueue);
    const [customers, regions] = second.tables;
    expect(customers?.watermark?.from).toBe(first.tables[0]?.watermark?.to);
    expect(regions?.watermark).toMatchObject({ from: pending.value, note: 'set by ann: again' });
    const history = await handle.query<WatermarkEvent[]>('history');
    expect(history.map(({ key, kind }) => [key, kind]).sort()).toEqual(
      [
        ['cust_customers', 'advanced'],
        ['cust_customers', 'advanced'],
        ['cust_regions', 'advanced'],
        ['cust_regions', 'set'],
        ['cust_regions', 'applied'],
      ].sort(),
    );
    expect(history.find(({ kind }) => kind === 'applied')).toMatchObject({ override: id });

    const { runId } = await handle.describe();
    await download(there, pipeline);
    expect(await handle.describe()).toMatchObject({ runId, taskQueue });
    expect(Object.keys(await handle.query<Watermarks>('watermarks')).sort()).toEqual([
      'cust_customers',
      'cust_regions',
    ]);
    await handle.terminate('the test is over');
  });
});

it('a plugin that knows its worker leaves the options fit for a log in JSON', () => {
  const own = watermarkPlugin();
  const configured = own.configureWorker({ taskQueue: 'tables', plugins: [own] });
  expect(JSON.stringify(configured)).toContain('tidemark.watermark');
});
