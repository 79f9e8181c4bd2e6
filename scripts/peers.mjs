import './lib/check-node.mjs';
import { runJest } from './lib/jest.mjs';
import { peerPython } from './lib/peer-python.mjs';
import { main, setUp } from './lib/set-up.mjs';

// The judges: real clients of other people, written in Python, against our servers. Jest's own settings leave them out, since
// `npm test` needs nothing but Node.
await main(async () => {
  await setUp();
  const env = { TIDEMARK_PEERS_PYTHON: await peerPython() };
  const only = ['--testMatch=**/test/peers/**/*.test.ts', '--testPathIgnorePatterns=/node_modules/'];
  return runJest([...process.argv.slice(2), ...only], env);
});
