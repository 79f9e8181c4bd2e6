import './lib/check-node.mjs';
import { buildPackage } from './lib/build-package.mjs';
import { main } from './lib/set-up.mjs';

await main(async () => {
  await buildPackage();
  return 0;
});
