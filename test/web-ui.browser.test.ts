import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import type { ProgressView } from '../contracts/titan-results.js';
import { runLink } from '../workers/client/index.js';
import { openBrowser, openPage, openTab, rowsAround, straightQuotes, whereShown } from './support/browser.js';
import { failureOf } from './support/outcome.js';
import { openTenant, type Tenant } from './support/tenant.js';

// What a person sees of a run in Temporal's own Web UI, in a real browser. A browser on a busy machine takes its time.
const TIMEOUT_MS = 240_000;

describe('a run in the Web UI', () => {
  let tenant: Tenant;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    tenant = await openTenant();
    browser = await openBrowser();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await browser.close();
    await tenant.close();
  }, TIMEOUT_MS);
  beforeEach(async () => {
    await tenant.put('customers.csv', 'code,name,zip\nC1,Ann,00501\nC2,"",NA\nC3,,9007199254740993\n');
    await tenant.put('regions.csv', 'id,label\n1,North\n2,South\n');
    page = await openPage(browser);
  }, TIMEOUT_MS);
  afterEach(async () => {
    tenant.sandbox.clearFaults();
    await page.close();
  }, TIMEOUT_MS);

  const start = (): Promise<WorkflowHandle> => {
    const { client, taskQueue } = tenant.temporal;
    const input = {
      connection: 'tenant',
      branch: { name: 'main' },
      poll: { intervalSeconds: 0.1 },
      tables: ['customers', 'regions'].map((name) => ({
        target: { domain: 'Customer', name },
        source: { connection: 'lake', table: name },
      })),
    };
    return client.workflow.start('titanImportBatch', {
      workflowId: `web-ui/${randomUUID()}`,
      taskQueue,
      args: [input],
      staticSummary: 'Customers and regions into TitanRDM',
    });
  };

  async function open({ workflowId }: WorkflowHandle): Promise<void> {
    const { webUiUrl: webUi, namespace } = tenant.temporal;
    const link = runLink({ namespace, webUi }, workflowId);
    if (link === undefined) throw new Error('The Web UI of the configured server is not known: set TIDEMARK_WEB_UI');
    await page.goto(link);
  }

  it(
    'shows, while it goes on, its summary, a table of progress, what each step is about, and heartbeats',
    async () => {
      const table = 'cust_customers';
      tenant.sandbox.setFaults([{ kind: 'slow', match: { route: 'upload.put', table }, delayMs: 600_000 }]);
      const handle = await start();
      await untilSent(handle, 'cust_regions');
      await open(handle);

      await whereShown(page, /Send cust_customers/u);
      await whereShown(page, /Send cust_regions/u);
      await whereShown(page, /Look at 2 sources/u);

      await openTab(page, 'User Metadata');
      await whereShown(page, 'Customers and regions into TitanRDM');
      const cell = await whereShown(page, 'cust_regions');
      expect(await rowsAround(cell)).toEqual([
        ['table', 'state', 'rows', 'size', 'time'],
        // This renderer takes empty cells and the one before them for one wide cell.
        ['cust_customers', '▸ sending', expect.stringMatching(/^since \d\d:\d\d:\d\d$/u)],
        ['cust_regions', '✓ sent', '2', '25 B', expect.stringMatching(/^[\d.]+ s$/u)],
      ]);
      await whereShown(page, /2 tables: 1 sending, 1 sent · 2 rows · 25 B/u);

      await openTab(page, 'Pending Activities');
      await whereShown(page, /bytesSent/u);
      await whereShown(page, /cust_customers/u);

      await handle.cancel();
      await handle.result().catch(() => undefined);
      await open(handle);
      await whereShown(page, /^Canceled$/iu);
    },
    TIMEOUT_MS,
  );

  it(
    'shows, when it is done, the summary of its result first, and the table with every table done',
    async () => {
      const handle = await start();
      await handle.result();
      await open(handle);
      await whereShown(page, /Batch \d+: 2 of 2 tables, 5 rows; \d+ inserted, \d+ updated, \d+ removed\./u);
      await openTab(page, 'User Metadata');
      await whereShown(page, /2 tables: 2 success · 5 rows/u);
      const rows = await rowsAround(await whereShown(page, 'cust_regions'));
      expect(rows.map(([name, state]) => `${name} ${state}`).slice(1)).toEqual([
        'cust_customers ✓ success',
        'cust_regions ✓ success',
      ]);
    },
    TIMEOUT_MS,
  );

  it(
    'shows, when it has failed, the reason in plain words and no stack',
    async () => {
      await tenant.put('customers.csv', 'code,name,zip\nC1,a,1\nC1,b,2\n');
      const handle = await start();
      const { message } = await failureOf(handle.result());
      await open(handle);
      await whereShown(page, /Nothing was applied/u);
      await whereShown(page, /DUPLICATE_KEYS/u);
      expect(await page.locator('body').innerText()).not.toContain('stackTrace');

      await openTab(page, 'User Metadata');
      const reason = await whereShown(page, /^Nothing was applied/u);
      expect(straightQuotes(await reason.innerText())).toBe(message);
      const rows = await rowsAround(await whereShown(page, 'cust_regions'));
      expect(rows[1]?.slice(0, 2)).toEqual(['cust_customers', '✗ failed']);
    },
    TIMEOUT_MS,
  );
});

async function untilSent(handle: WorkflowHandle, table: string): Promise<void> {
  for (;;) {
    const { tables } = await handle.query<ProgressView>('progress');
    if (tables.some(({ name, state }) => name === table && state === 'sent')) return;
    await sleep(100);
  }
}
