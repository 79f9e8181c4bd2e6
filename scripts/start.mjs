import './lib/check-node.mjs';
import path from 'node:path';
import { main, setUp } from './lib/set-up.mjs';
import { root } from './lib/sources.mjs';
import { runTool } from './lib/tool.mjs';

// The example project, as a user would run it: from its own folder, against the package (`import 'tidemark'` is `dist`).
await main(async () => {
  await setUp();
  return runTool('examples/reference-data/demo.ts', process.argv.slice(2), {
    cwd: path.join(root, 'examples', 'reference-data'),
  });
});
