import { rm } from 'node:fs/promises';

/** After all tests: the Temporal server ends. After Ctrl-C too, where jest does not come here: it ends with its owner. */
export default async function globalTeardown() {
  await globalThis.tidemarkTestServer?.stop();
  if (globalThis.tidemarkTestFolder !== undefined)
    await rm(globalThis.tidemarkTestFolder, { recursive: true, force: true });
}
