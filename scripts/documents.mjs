import './lib/check-node.mjs';
import { documents, writeDocuments } from './lib/documents.mjs';
import { main } from './lib/set-up.mjs';

// Writes what is made from the schemas (the build does, too); with --json only prints it: the test compares it with what is committed.
await main(async () => {
  if (process.argv.includes('--json')) process.stdout.write(JSON.stringify(await documents()));
  else await writeDocuments();
  return 0;
});
