import './lib/check-node.mjs';
import { findBrowser } from './lib/browser.mjs';
import { main, setUp } from './lib/set-up.mjs';
import { runTool } from './lib/tool.mjs';

// The pictures of the docs, from real runs in a real browser: node scripts/screenshots.mjs [FOLDER]; docs/images when left out.
await main(async () => {
  await setUp();
  const browser = findBrowser();
  if (browser === undefined) throw new Error('There is no Chromium here. Install one, or name it in TIDEMARK_BROWSER.');
  return runTool('test/pictures/main.ts', process.argv.slice(2), { env: { TIDEMARK_BROWSER: browser } });
});
