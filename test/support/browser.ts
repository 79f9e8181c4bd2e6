import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

/** Chromium must ask nobody for anything: no updates, no accounts, no other protocols, no sandbox (it runs as root in CI). */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** A page waits this long for anything: a browser takes its time where many programs share a processor. */
export const PATIENCE_MS = 60_000;

/** The Web UI asks for current details once: when the worker was too busy to answer, the page is loaded again. */
const RELOAD_MS = 20_000;

/** Opens the Chromium that was found before (`scripts/lib/browser.mjs`). Close it in the end. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env['TIDEMARK_BROWSER'];
  if (executablePath === undefined || executablePath === '')
    throw new Error('TIDEMARK_BROWSER does not name a Chromium');
  return chromium.launch({ executablePath, args: ARGS, timeout: PATIENCE_MS });
}

/** A page with a clock of its own, so that nothing depends on the machine's language or time zone. */
export async function openPage(browser: Browser, size = { width: 1400, height: 900 }): Promise<Page> {
  const page = await browser.newPage({
    viewport: size,
    locale: 'en-GB',
    timezoneId: 'UTC',
    colorScheme: 'light',
    reducedMotion: 'reduce',
  });
  page.setDefaultTimeout(PATIENCE_MS);
  // The Web UI asks for news on the internet; a test needs none, and a picture shall not show any.
  await page.route(
    ({ hostname }) => !['127.0.0.1', 'localhost', '[::1]'].includes(hostname),
    (route) => route.abort(),
  );
  return page;
}

/** Opens one of the tabs of a run's page by its name. Releases of the Web UI differ in whether the name is followed by a count. */
export async function openTab(page: Page, name: string): Promise<void> {
  await page
    .getByRole('tab', { name: new RegExp(`^${name}\\b`) })
    .first()
    .click();
}

/** Where the page, or a frame in which the Web UI renders markdown, shows a text. Waits until it does. */
export async function whereShown(page: Page, text: string | RegExp): Promise<Locator> {
  const deadline = Date.now() + PATIENCE_MS;
  let reload = Date.now() + RELOAD_MS;
  while (Date.now() < deadline) {
    if (Date.now() > reload) {
      await page.reload();
      reload = Date.now() + RELOAD_MS;
    }
    for (const frame of page.frames()) {
      const found = frame.getByText(text).filter({ visible: true }).first();
      // A frame that is replaced meanwhile shows nothing.
      if (await found.isVisible().catch(() => false)) return found;
    }
    await page.waitForTimeout(200);
  }
  throw new Error(`${page.url()} does not show ${String(text)}`);
}

/** The rows of the table that a cell is in, as a browser lays them out: it was markdown before. */
export async function rowsAround(cell: Locator): Promise<string[][]> {
  const rows = await cell.locator('xpath=ancestor::table[1]').locator('tr').all();
  return Promise.all(
    rows.map(async (row) => {
      const texts = await row.locator('th, td').allInnerTexts();
      return texts.map((text) => text.replaceAll(/\s+/gu, ' ').trim());
    }),
  );
}

/** The Web UI sets quotation marks as a typographer would. */
export function straightQuotes(text: string): string {
  return text.replaceAll(/[“”]/gu, '"').replaceAll('’', "'");
}
