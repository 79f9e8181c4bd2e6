import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { pipelineSchema } from '../../contracts/config.js';
import type { ProgressView } from '../../contracts/titan-results.js';
import { runLink, startPipeline, type StartedRun } from '../../workers/client/index.js';
import { openBrowser, openPage, openTab, whereShown } from '../support/browser.js';
import { openStage, type Stage } from './stage.js';

// Takes the pictures of the docs from real runs in a real browser: `node scripts/screenshots.mjs [FOLDER]`.

const PIPELINE = pipelineSchema.parse({
  workflow: 'titanConventionUpload',
  description: 'All tables of Geography into TitanRDM',
  input: {
    connection: 'titan',
    branch: { name: 'main' },
    domain: 'Geography',
    store: 'data',
    concurrency: 2,
  },
});

async function main(folder: string): Promise<void> {
  const stage = await openStage();
  const browser = await openBrowser();
  try {
    const picture = (name: string): string => path.join(folder, name);
    await takeRunning(stage, browser, picture);
    await takeFailed(stage, browser, picture);
  } finally {
    await browser.close();
    await stage.close();
  }
}

/** A run in its midst: some tables are sent, two are slow, others wait. */
async function takeRunning(stage: Stage, browser: Browser, picture: (name: string) => string): Promise<void> {
  const slow = (table: string, delayMs: number) => ({
    ...({ kind: 'slow', match: { route: 'upload.put', table: `geo_${table}` } } as const),
    delayMs,
  });
  stage.sandbox.setFaults([
    ...[slow('airports', 1_300), slow('cities', 2_100), slow('counties', 400)],
    ...[slow('countries', 600_000), slow('currencies', 600_000)],
  ]);
  const run = await start(stage, 'geography-up');
  await until(run, ({ tables }) => tables.filter(({ state }) => state === 'sent').length === 4);
  const page = await openPage(browser);
  await page.goto(linkOf(stage, run));
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
  await run.handle.cancel();
  await run.handle.result().catch(() => undefined);
}

/** A run that a table with a repeated key has failed. */
async function takeFailed(stage: Stage, browser: Browser, picture: (name: string) => string): Promise<void> {
  stage.sandbox.clearFaults();
  await writeFile(path.join(stage.data, 'geo_cities.csv'), 'city,state\nSpringfield,IL\nPortland,OR\nSpringfield,MA\n');
  const run = await start(stage, 'geography-up');
  await run.handle.result().catch(() => undefined);
  const page = await openPage(browser);
  await page.goto(linkOf(stage, run));
  await openTab(page, 'User Metadata');
  await whereShown(page, /Nothing was applied/u);
  await page.setViewportSize({ width: 1400, height: 1050 });
  await take(page, picture('failed-run.png'));
  await page.close();
}

function start({ client, taskQueue, namespace, webUi }: Stage, name: string): Promise<StartedRun> {
  const target = { address: '', namespace, taskQueue, connectionOptions: {}, webUi, from: 'here' };
  return startPipeline({ client, target, close: () => Promise.resolve() }, { pipelines: { [name]: PIPELINE } }, name);
}

/** Frames get their size, and lines their place, a moment after their text is there. */
async function take(page: Page, file: string): Promise<void> {
  await page.waitForTimeout(2_000);
  await page.screenshot({ path: file });
}

function linkOf({ namespace, webUi }: Stage, { workflowId, runId }: StartedRun): string {
  return runLink({ namespace, webUi }, workflowId, runId) ?? webUi;
}

/** Waits until the run's progress is as wanted. */
async function until({ handle }: StartedRun, wanted: (view: ProgressView) => boolean): Promise<void> {
  while (!wanted(await handle.query<ProgressView>('progress'))) await sleep(200);
}

await main(path.resolve(process.argv[2] ?? path.join(process.env['TIDEMARK_ROOT'] ?? '.', 'docs', 'images')));
