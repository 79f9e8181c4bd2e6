import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Browser, Page } from 'playwright-core';
import { runLink } from '../../workers/client/index.js';
import { openBrowser, openPage, openTab, whereShown } from '../support/browser.js';
import { DOWN, HELD, holdScheduledRun, start, until, UP } from './held-pipeline.js';
import { openStage, type Stage } from './stage.js';

// Takes the pictures of the docs from real runs in a real browser: `node scripts/screenshots.mjs [FOLDER]`.

type Picture = (name: string) => string;

async function main(folder: string): Promise<void> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  const stage = await openStage();
  const browser = await openBrowser();
  try {
    const picture = (name: string): string => path.join(folder, name);
    await takeRunning(stage, browser, picture);
    await takePipeline(stage, browser, picture);
    await takeFailed(stage, browser, picture);
  } finally {
    await browser.close();
    await stage.close();
  }
}

/** A run in its midst: some tables are sent, two are slow, others wait. */
async function takeRunning(stage: Stage, browser: Browser, picture: Picture): Promise<void> {
  const slow = (table: string, delayMs: number) => ({
    ...({ kind: 'slow', match: { route: 'upload.put', table: `geo_${table}` } } as const),
    delayMs,
  });
  stage.sandbox.setFaults([
    ...[slow('airports', 1_300), slow('cities', 2_100), slow('counties', 400)],
    ...[slow('countries', 600_000), slow('currencies', 600_000)],
  ]);
  const { handle } = await start(stage, UP);
  await until(handle, ({ tables }) => tables.filter(({ state }) => state === 'sent').length === 4);
  const page = await openPage(browser);
  await page.goto(linkOf(stage, handle));
  await openTab(page, 'User Metadata');
  await whereShown(page, 'geo_time_zones');
  await take(page, picture('run-in-web-ui.png'));
  await openTab(page, 'Timeline');
  await whereShown(page, /Send geo_currencies/u);
  await page.setViewportSize({ width: 1400, height: 620 });
  await page.mouse.move(1_000, 500);
  await page.mouse.wheel(0, 3_000);
  await take(page, picture('run-timeline.png'));
  await page.close();
  await handle.cancel();
  await handle.result().catch(() => undefined);
  stage.sandbox.clearFaults();
}

/** A pipeline with a Schedule in the midst of a run: its tables, their high watermarks, what it is searched by. */
async function takePipeline(stage: Stage, browser: Browser, picture: Picture): Promise<void> {
  const held = await holdScheduledRun(stage);
  const page = await openPage(browser);
  await page.goto(linkOf(stage, held.work));
  await openTab(page, 'User Metadata');
  await whereShown(page, 'high watermark');
  await page.setViewportSize({ width: 1400, height: 1120 });
  await take(page, picture('pipeline-run.png'));
  await page.setViewportSize({ width: 1400, height: 720 });
  await openTab(page, 'Search Attributes');
  await whereShown(page, 'TidemarkPipeline');
  await take(page, picture('search-attributes.png'));
  await page.goto(linkOf(stage, held.watermarks));
  await openTab(page, 'User Metadata');
  await whereShown(page, HELD.waiting);
  await page.setViewportSize({ width: 1400, height: 1050 });
  await take(page, picture('watermarks.png'));
  await page.goto(linkOf(stage, held.run));
  await openTab(page, 'User Metadata');
  await whereShown(page, /tables, rows, progress/u);
  await page.setViewportSize({ width: 1400, height: 760 });
  await take(page, picture('scheduled-run.png'));
  const { namespace } = stage.temporal.target;
  await page.goto(`${stage.webUi}/namespaces/${namespace}/schedules/${encodeURIComponent(`tidemark/${DOWN}`)}`);
  await whereShown(page, held.run.workflowId);
  await page.setViewportSize({ width: 1400, height: 1000 });
  await take(page, picture('schedule.png'));
  await page.close();
  await held.end();
}

/** A run that a table with a repeated key has failed. */
async function takeFailed(stage: Stage, browser: Browser, picture: Picture): Promise<void> {
  await writeFile(path.join(stage.data, 'geo_cities.csv'), 'city,state\nSpringfield,IL\nPortland,OR\nSpringfield,MA\n');
  const { handle } = await start(stage, UP);
  await handle.result().catch(() => undefined);
  const page = await openPage(browser);
  await page.goto(linkOf(stage, handle));
  await openTab(page, 'User Metadata');
  await whereShown(page, /Nothing was applied/u);
  await page.setViewportSize({ width: 1400, height: 1050 });
  await take(page, picture('failed-run.png'));
  await page.close();
}

/** Frames get their size, and lines their place, a moment after their text is there. */
async function take(page: Page, file: string): Promise<void> {
  await page.waitForTimeout(2_000);
  await page.screenshot({ path: file });
}

function linkOf({ temporal: { target }, webUi }: Stage, { workflowId }: { workflowId: string }): string {
  return runLink(target, workflowId) ?? webUi;
}

await main(path.resolve(process.argv[2] ?? path.join(process.env['TIDEMARK_ROOT'] ?? '.', 'docs', 'images')));
