import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import { runLink } from '../workers/client/index.js';
import { startCodecServer, type CodecServer } from '../workers/codec-server/index.js';
import { EncryptionCodec, encryptedClientConverter, KeyRing } from '../workers/encryption/index.js';
import { openBrowser, openPage, whereShown } from './support/browser.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './support/environment.js';
import { noteSecrets } from './support/known-secrets.js';

const TIMEOUT_MS = 240_000;
const VALUE = 'shown-to-those-who-may';
const TOKEN = randomBytes(24).toString('hex');

describe('an encrypted run in the Web UI', () => {
  let temporal: TemporalTestEnvironment;
  let browser: Browser;
  let page: Page;
  let server: CodecServer;
  let link: string;
  let end: () => Promise<unknown>;

  beforeAll(async () => {
    noteSecrets([VALUE, TOKEN]);
    temporal = await temporalTestEnvironment();
    const { webUiUrl, namespace, taskQueue, connection } = temporal;
    if (webUiUrl === undefined)
      throw new Error('The Web UI of the configured server is not known: set TIDEMARK_WEB_UI');
    const encryption = { keys: { k1: randomBytes(32).toString('base64') }, current: 'k1' };
    const client = new Client({ connection, namespace, dataConverter: encryptedClientConverter(encryption) });
    const handle = await client.workflow.start('nobodyRunsThis', {
      workflowId: `codec/${randomUUID()}`,
      taskQueue: `${taskQueue}-nobody`,
      args: [{ rows: [{ name: VALUE }] }],
    });
    end = () => handle.terminate('the test is over');
    link = runLink({ namespace, webUi: webUiUrl }, handle.workflowId) ?? '';
    const { hostname, origin } = new URL(webUiUrl);
    server = await startCodecServer({
      codec: new EncryptionCodec(new KeyRing(encryption)),
      tokens: { ann: TOKEN },
      origins: [origin],
      host: hostname,
    });
    browser = await openBrowser();
    page = await openPage(browser);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await browser.close();
    await server.close();
    await end();
    await temporal.close();
  }, TIMEOUT_MS);

  it(
    'shows nothing to anybody, and its payloads to who has signed in at the codec server',
    async () => {
      await page.goto(link);
      await whereShown(page, /^Input/u);
      await whereShown(page, /nobodyRunsThis/u);
      expect(await page.locator('body').innerText()).not.toContain(VALUE);

      // What the dialog "Codec Server" of the Web UI sets.
      const stored = {
        endpoint: JSON.stringify(server.url),
        includeCredentials: true,
        overrideRemoteCodecConfiguration: true,
      };
      for (const [key, value] of Object.entries(stored))
        await page.evaluate(`localStorage.setItem('${key}', '${String(value)}')`);
      await page.goto(`${server.url}/login`);
      await page.getByLabel('Token').fill(TOKEN);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await whereShown(page, /may read payloads now/u);
      await page.goto(link);
      await whereShown(page, new RegExp(VALUE, 'u'));
    },
    TIMEOUT_MS,
  );
});
