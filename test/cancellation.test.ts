import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type {
  ProgressView,
  TitanConventionDownloadResult,
  TitanImportBatchResult,
} from '../contracts/titan-results.js';
import type { RequestEntry } from '../sandbox/http/request-log.js';
import { world } from './support/refusal.js';
import { CUSTOMER_DOMAIN, openTenant, type Tenant } from './support/tenant.js';

/** Longer than any test may take: what is to wait for it never ends by itself. */
const FOR_EVER_MS = 600_000;
const SMALL = 'code,name,zip\nC1,Ann,00501\n';
/** More than sockets hold: while the server does not read, the transfer stands still in its midst. */
const ROWS = 6_000;
const LARGE = `code,name,zip\n${Array.from({ length: ROWS }, (_, row) => `C${row},${'x'.repeat(3_000)},00501\n`).join('')}`;

const OTHER_DOMAIN = {
  name: 'Other',
  abbreviation: 'oth',
  tables: [
    { name: 'Things', databaseTableName: 'things', columns: [{ name: 'id', dataType: 'integer', primaryKey: true }] },
  ],
};

let tenant: Tenant;
/** Length of the request log when the test began. */
let from = 0;
const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.1 } };
const table = (name: string) => ({
  target: { domain: 'Customer', name },
  source: { connection: 'lake', table: `cust_${name}` },
});
const batch: [string, object] = ['titanImportBatch', { ...base, tables: [table('customers'), table('regions')] }];
const download: [string, object] = ['titanConventionDownload', { ...base, domain: 'Customer', store: 'landing' }];
const calls = (route: string): RequestEntry[] =>
  tenant.sandbox.requestLog.slice(from).filter((call) => call.route === route);
const stuck = (): RequestEntry | undefined => calls('upload.put').find(({ fault }) => fault === 'slow');
const standStill = (times?: number): void =>
  tenant.sandbox.setFaults([
    {
      kind: 'slow',
      match: { route: 'upload.put', table: 'cust_customers' },
      delayMs: FOR_EVER_MS,
      ...(times === undefined ? {} : { times }),
    },
  ]);

beforeAll(async () => {
  tenant = await openTenant({
    sandbox: { domains: [CUSTOMER_DOMAIN, OTHER_DOMAIN] },
    // Tasks meant for a worker that has just gone are given to another one soon.
    worker: { shutdownGraceTime: '100ms', stickyQueueScheduleToStartTimeout: '1s' },
  });
  await tenant.put('cust_customers.csv', SMALL);
  await tenant.put('cust_regions.csv', 'id,label\n1,North\n');
  await tenant.put('oth_things.csv', 'id\n1\n');
  await tenant.execute('titanSyncDomains', { ...base, direction: 'upload', store: 'lake' });
  await tenant.execute('titanSyncDomains', { ...base, direction: 'download', store: 'landing' });
});
beforeEach(() => {
  from = tenant.sandbox.requestLog.length;
});
afterEach(async () => {
  tenant.sandbox.clearFaults();
  tenant.sandbox.configure({ importDelayMs: 0, listTablesBeforeComplete: true });
  await tenant.put('cust_customers.csv', SMALL);
  expect(await readdir(tenant.spool)).toEqual([]);
});
afterAll(() => tenant.close());

/** Cancels, and waits for the end, which must be a cancellation: neither a success nor a failure. */
async function cancelled(handle: WorkflowHandle): Promise<void> {
  await handle.cancel();
  const error: unknown = await handle.result().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(error instanceof WorkflowFailedError && error.cause).toBeInstanceOf(CancelledFailure);
  expect((await handle.describe()).status.name).toBe('CANCELLED');
}

describe('cancelling', () => {
  it('an upload in the middle of a file ends it, though the rest would never have gone; the server is told, nothing is applied (weakness 37)', async () => {
    const before = await world(tenant);
    await tenant.put('cust_customers.csv', LARGE);
    standStill();
    const handle = await tenant.start(...batch);
    await until(() => stuck() !== undefined && calls('import_tables.upload_complete').length === 1);
    await cancelled(handle);

    // The server had not answered, nor would it have for minutes.
    expect(stuck()?.status).toBeNull();
    // Of the table in the middle of its file, and of the one that had been sent already.
    expect(calls('import_tables.upload_failed').map(({ status }) => status)).toEqual([200, 200]);
    expect(calls('imports.complete')).toEqual([]);
    await tenant.put('cust_customers.csv', SMALL);
    expect(await world(tenant)).toEqual(before);
  });

  it('while TitanRDM processes a completed batch leaves it applied, and calls it no failure anywhere', async () => {
    await tenant.put('cust_customers.csv', `${SMALL}C2,Bob,1\n`);
    tenant.sandbox.configure({ importDelayMs: 1_500 });
    const handle = await tenant.start(...batch);
    await until(async () => (await handle.query<ProgressView>('progress')).phase === 'waiting for TitanRDM');
    await cancelled(handle);

    expect(tenant.sandbox.importStatuses()['processing']).toBe(1);
    await tenant.sandbox.idle();
    expect(await tenant.sandbox.rows('cust_customers')).toHaveLength(2);
    expect(calls('import_tables.upload_failed')).toEqual([]);
    const { phase, totals, tables } = await handle.query<ProgressView>('progress');
    expect({ phase, failed: totals.failed }).toEqual({ phase: 'cancelled', failed: 0 });
    expect(tables.map(({ state }) => state)).toEqual(['sent', 'sent']);
  });

  it('a download in the middle of a file leaves the table as it was, and no temporary file', async () => {
    await tenant.execute(...batch);
    const before = await world(tenant);
    tenant.sandbox.setFaults([{ kind: 'trickle', match: { route: 'download.get' }, bytesPerSecond: 20 }]);
    const handle = await tenant.start(...download);
    await until(async () => (await readdir(tenant.landing)).filter((name) => name.endsWith('.tmp')).length === 2);
    await cancelled(handle);

    await until(() => calls('download.get').every(({ durationMs }) => durationMs !== null));
    expect(calls('download.get').map(({ status }) => status)).toEqual([null, null]);
    expect(await world(tenant)).toEqual(before);
  });

  it('the wait for an export leaves the table as it was', async () => {
    const before = await world(tenant);
    tenant.sandbox.setFaults([{ kind: 'exportNeverEnds', match: { route: 'exports.new' } }]);
    const handle = await tenant.start(...download);
    await until(() => calls('exports.get').length > 0);
    await cancelled(handle);
    expect(await world(tenant)).toEqual(before);
  });

  it('a sync of many domains cancels its children, and waits for their end', async () => {
    const before = await world(tenant);
    tenant.sandbox.setFaults([{ kind: 'trickle', match: { route: 'download.get' }, bytesPerSecond: 20 }]);
    const handle = await tenant.start('titanSyncDomains', { ...base, direction: 'download', store: 'landing' });
    await until(() => calls('download.get').length === 3);
    await cancelled(handle);
    for (const domain of ['Customer', 'Other']) {
      const child = tenant.temporal.client.workflow.getHandle(`${handle.workflowId}/${domain}`);
      expect((await child.describe()).status.name).toBe('CANCELLED');
    }
    expect(await world(tenant)).toEqual(before);
  });
});

describe('a worker that is shut down in the middle of a step', () => {
  it.each([
    ['the tables of an open batch', true],
    ['no tables of an open batch', 'empty'],
  ] as const)(
    'that sends a file: another one finishes the run in a new batch, where TitanRDM lists %s',
    async (_, lists) => {
      tenant.sandbox.configure({ listTablesBeforeComplete: lists });
      await tenant.put('cust_customers.csv', LARGE);
      standStill(1);
      const handle = await tenant.start(...batch);
      await until(() => stuck() !== undefined);
      const { created = 0, completed = 0 } = tenant.sandbox.importStatuses();
      await tenant.replaceWorker();

      const result = (await handle.result()) as TitanImportBatchResult;
      expect(result.totals).toMatchObject({ success: 2, rows: ROWS + 1 });
      expect(result.abandonedBatches).toHaveLength(1);
      expect(stuck()?.status).toBeNull();
      expect(tenant.sandbox.importStatuses()).toMatchObject({ created, completed: completed + 1 });
      expect((await tenant.sandbox.state('cust_customers')).currentRows).toBe(ROWS);
    },
  );

  it('that waits for a batch: another one goes on waiting, and nothing is sent or completed again', async () => {
    tenant.sandbox.configure({ importDelayMs: 3_000 });
    const handle = await tenant.start(...batch);
    await until(async () => (await handle.query<ProgressView>('progress')).phase === 'waiting for TitanRDM');
    await tenant.replaceWorker();
    const result = (await handle.result()) as TitanImportBatchResult;
    expect(result.totals).toMatchObject({ success: 2 });
    expect([calls('imports.new'), calls('imports.complete'), calls('upload.put')].map((made) => made.length)).toEqual([
      1, 1, 2,
    ]);
  });

  it('that receives a table: another one receives it whole, and no temporary file is left', async () => {
    await tenant.execute(...batch);
    tenant.sandbox.setFaults([
      { kind: 'trickle', match: { route: 'download.get', table: 'cust_customers' }, bytesPerSecond: 20, times: 1 },
    ]);
    const handle = await tenant.start(...download);
    await until(() => calls('download.get').some(({ fault }) => fault === 'trickle'));
    await tenant.replaceWorker();
    const result = (await handle.result()) as TitanConventionDownloadResult;
    expect(result.totals).toMatchObject({ success: 2 });
    expect(await tenant.got('cust_customers.csv')).toMatch(/^code,name,zip,.*\nC1,Ann,00501,.*\n$/u);
    expect((await readdir(tenant.landing)).sort()).toEqual([
      'cust_customers.csv',
      'cust_regions.csv',
      'oth_things.csv',
    ]);
  });
});

async function until(ask: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await ask())) await sleep(20);
}
