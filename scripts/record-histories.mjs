import './lib/check-node.mjs';
import { main, setUp } from './lib/set-up.mjs';
import { runTool } from './lib/tool.mjs';

await main(async () => {
  await setUp();
  return runTool('test/histories/record.ts', process.argv.slice(2));
});
