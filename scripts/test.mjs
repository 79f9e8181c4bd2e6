import './lib/check-node.mjs';
import { runJest } from './lib/jest.mjs';
import { main, setUp } from './lib/set-up.mjs';

await main(async () => {
  await setUp();
  return runJest(process.argv.slice(2));
});
