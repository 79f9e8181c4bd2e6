import './lib/check-node.mjs';
import { main, setUp } from './lib/set-up.mjs';
import { runTool } from './lib/tool.mjs';

await main(async () => {
  await setUp();
  return runTool('bench/main.ts', process.argv.slice(2));
});
