import './lib/check-node.mjs';
import { peerPython } from './lib/peer-python.mjs';
import { main, setUp } from './lib/set-up.mjs';
import { runTool } from './lib/tool.mjs';

await main(async () => {
  await setUp();
  const args = process.argv.slice(2);
  const env = args.includes('--list') || args.includes('--help') ? {} : { TIDEMARK_PEERS_PYTHON: await peerPython() };
  return runTool('bench/main.ts', args, { env });
});
