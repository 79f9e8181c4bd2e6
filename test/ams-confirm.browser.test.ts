import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import type { AmsUpsertProfilesResult } from '../contracts/ams-results.js';
import { runLink } from '../workers/client/index.js';
import { openAmsBench, type AmsBench } from './support/ams-worker.js';
import { openBrowser, openPage, openTab, whereShown } from './support/browser.js';
import { athletes, ATHLETE_FORM, MemoryAms } from './support/memory-ams.js';

// A browser on a busy machine takes its time.
const TIMEOUT_MS = 240_000;

const ams = new MemoryAms(ATHLETE_FORM, athletes(3));
let bench: AmsBench;
let browser: Browser;
beforeAll(async () => {
  bench = await openAmsBench(ams);
  browser = await openBrowser();
}, TIMEOUT_MS);
afterAll(async () => {
  await browser.close();
  await bench.close();
}, TIMEOUT_MS);

it(
  'a run that waits for a confirmation shows in the Web UI what would be changed, and can be answered there',
  async () => {
    await bench.put('squad.csv', 'user_id,code\n101,a\n102,b\n');
    const source = { connection: 'lake', table: 'squad' };
    const handle = await bench.start({ form: ATHLETE_FORM.name, source, requireConfirmation: true });
    const { webUiUrl: webUi, namespace } = bench.temporal;
    const link = runLink({ namespace, webUi }, handle.workflowId);
    if (link === undefined) throw new Error('The Web UI of the configured server is not known: set TIDEMARK_WEB_UI');
    const page = await openPage(browser);
    await page.goto(link);
    await openTab(page, 'User Metadata');
    await whereShown(page, /waiting for confirmation/u);
    await whereShown(page, /code/u);

    // Releases of the Web UI name this button one way or the other.
    await shown(page.getByRole('button', { name: /^(?:More|Workflow) Actions$/u })).click();
    await shown(page.getByRole('menuitem', { name: 'Send an Update' })).click();
    const dialog = shown(page.getByRole('dialog').or(page.locator('dialog[open]')));
    await dialog.getByTestId('update-select-button').click();
    const offered = dialog.getByRole('option', { name: /^confirm/u });
    expect(await offered.innerText()).toContain('Lets the run send its profiles, or ends it');
    await offered.click();
    const data = dialog.locator('.cm-content');
    await data.click();
    // At once, as by pasting: typed, each bracket would bring its counterpart.
    await page.keyboard.insertText('{"by": "Ada", "answer": "yes"}');
    // Left, the editor lays its text out anew, and the button moves.
    await data.blur();
    expect(ams.count('upsertProfile')).toBe(0);
    await dialog.getByRole('button', { name: 'Submit' }).click();

    // What the workflow returns, by its own contract.
    const result = (await handle.result()) as AmsUpsertProfilesResult;
    expect(result).toMatchObject({ result: 'success', upserted: 2, confirmation: { by: 'Ada', answer: 'yes' } });
    await page.close();
  },
  TIMEOUT_MS,
);

/** The Web UI holds some things twice, for narrow and for wide windows. */
const shown = (found: Locator): Locator => found.filter({ visible: true }).first();
