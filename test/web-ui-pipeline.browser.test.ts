import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import type { Watermarks } from '../contracts/watermark.js';
import { runLink } from '../workers/client/index.js';
import { DOWN, HELD, holdScheduledRun, type HeldRun } from './pictures/held-pipeline.js';
import { openStage, type Stage } from './pictures/stage.js';
import { openBrowser, openPage, openTab, rowsAround, whereShown } from './support/browser.js';
import { quietWorkers } from './support/environment.js';
import { noteSecrets } from './support/known-secrets.js';

// The pipeline of the docs' pictures: applied from a tidemark.yaml, begun by its Schedule, and standing still in the midst of its run.
const TIMEOUT_MS = 300_000;

describe('a scheduled pipeline in the Web UI, while it runs', () => {
  let stage: Stage;
  let held: HeldRun;
  let browser: Browser;
  let page: Page;
  let marks: Watermarks;

  beforeAll(async () => {
    quietWorkers();
    stage = await openStage();
    noteSecrets([stage.sandbox.clientSecret]);
    held = await holdScheduledRun(stage);
    marks = await held.watermarks.query<Watermarks>('watermarks');
    browser = await openBrowser();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await browser.close();
    await held.end();
    noteSecrets(stage.sandbox.issuedTokens);
    await stage.close();
  }, TIMEOUT_MS);
  beforeEach(async () => {
    page = await openPage(browser);
  }, TIMEOUT_MS);
  afterEach(() => page.close(), TIMEOUT_MS);

  const markOf = (table: string): string => String(marks[table]?.value);
  const place = (of: string): string => `${stage.webUi}/namespaces/${stage.temporal.target.namespace}/${of}`;
  async function open({ workflowId }: WorkflowHandle, tab: string): Promise<void> {
    await page.goto(runLink(stage.temporal.target, workflowId) ?? '');
    await openTab(page, tab);
  }

  it(
    'shows its progress table: what stands still comes first, and of what is done how many rows had changed',
    async () => {
      await open(held.work, 'User Metadata');
      await whereShown(page, `Pipeline ${DOWN}`);
      await whereShown(page, /9 tables: .*7 success/u);
      const [head, ...rows] = await rowsAround(await whereShown(page, /^\s*state$/u));
      expect(head).toEqual(['table', 'state', 'rows', 'size', 'time']);
      expect(rows).toHaveLength(9);
      expect(rows.slice(0, 2).map(([table, state]) => [table, state])).toEqual([
        [HELD.receiving, '▸ receiving'],
        [HELD.waiting, '▸ waiting for TitanRDM'],
      ]);
      const airports = rows.find(([table]) => table === 'geo_airports');
      expect(airports?.slice(1, 3)).toEqual(['✓ success', '40']);
      expect(await overflow(page)).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    "shows the high watermark of each of its tables: where it goes on from, and where it has come to once a table's rows are safe",
    async () => {
      await open(held.work, 'User Metadata');
      await whereShown(page, /9 tables: .*7 success/u);
      marks = await held.watermarks.query<Watermarks>('watermarks');
      const rows = await rowsAround(await whereShown(page, /^\s*high watermark$/u));
      expect(rows[0]).toEqual(['table', 'high watermark']);
      expect(Object.fromEntries(rows.slice(1))).toEqual(
        Object.fromEntries(Object.keys(marks).map((table) => [table, markOf(table)])),
      );
      expect(marks['geo_airports']).toMatchObject({ run: expect.stringContaining(held.work.workflowId) });
      expect(Date.parse(markOf('geo_airports'))).toBeGreaterThan(Date.parse(markOf(HELD.waiting)));
    },
    TIMEOUT_MS,
  );

  it.each([
    ['the run that its Schedule has started', () => held.run],
    ['the workflow that does the work', () => held.work],
  ])(
    'has its search attributes on %s, and is found by them',
    async (_which, workflow) => {
      const handle = workflow();
      await open(handle, 'Search Attributes');
      for (const text of ['TidemarkPipeline', DOWN, 'TidemarkOutcome', 'running', 'TidemarkDomain', 'Geography'])
        await whereShown(page, new RegExp(`"${text}"`, 'u'));
      const query = encodeURIComponent(`TidemarkPipeline = "${DOWN}" AND TidemarkOutcome = "running"`);
      await page.goto(place(`workflows?query=${query}`));
      await whereShown(page, handle.workflowId);
    },
    TIMEOUT_MS,
  );

  it(
    'has a page of its high watermarks: each with its value, and the run that has brought it there',
    async () => {
      await open(held.watermarks, 'User Metadata');
      await whereShown(page, `High watermarks of ${DOWN}`);
      const { runId } = await held.work.describe();
      await whereShown(page, new RegExp(`By run ${runId}, at `, 'u'));
      marks = await held.watermarks.query<Watermarks>('watermarks');
      // A table for each run: the one that is under way has moved the tables that had changed, the one before it the others.
      const moved = await rowsAround(await whereShown(page, 'geo_airports'));
      const before = await rowsAround(await whereShown(page, HELD.waiting));
      expect([moved[0], before[0]]).toEqual([
        ['key', 'value'],
        ['key', 'value'],
      ]);
      expect(moved).toContainEqual(['geo_airports', markOf('geo_airports')]);
      expect(before).toContainEqual([HELD.waiting, markOf(HELD.waiting)]);
      expect(await overflow(page)).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'says on the page of the run that the Schedule has started where its tables and its high watermarks are',
    async () => {
      await open(held.run, 'User Metadata');
      await whereShown(page, /^running/u);
      await whereShown(page, new RegExp(`tables, rows, progress: ${held.work.workflowId}`, 'u'));
      await whereShown(page, new RegExp(`high watermarks: ${held.watermarks.workflowId}`, 'u'));
    },
    TIMEOUT_MS,
  );

  it(
    'is on the page of Schedules, with its time and its runs',
    async () => {
      await page.goto(place('schedules'));
      await whereShown(page, `tidemark/${DOWN}`);
      await page.goto(place(`schedules/${encodeURIComponent(`tidemark/${DOWN}`)}`));
      await whereShown(page, /Europe\/London/u);
      await whereShown(page, held.run.workflowId);
    },
    TIMEOUT_MS,
  );
});

/** Pixels by which the markdown is wider than the frames that the Web UI gives it. */
async function overflow(page: Page): Promise<number> {
  let most = 0;
  for (const frame of page.frames().filter((each) => each !== page.mainFrame())) {
    const pixels = await frame.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    most = Math.max(most, pixels);
  }
  return most;
}
