import { rm } from 'node:fs/promises';

/** After all tests: the servers end. After Ctrl-C too, where jest does not come here: they end with their owner. */
export default async function globalTeardown() {
  await Promise.all([globalThis.tidemarkTestServer?.stop(), globalThis.tidemarkTestPostgres?.stop()]);
  if (globalThis.tidemarkTestFolder !== undefined)
    await rm(globalThis.tidemarkTestFolder, { recursive: true, force: true });
}
