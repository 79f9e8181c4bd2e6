import { startAmsSandbox, type AmsSandboxOptions } from '../../sandbox/ams/index.js';

// The sandbox of AMS of one cell, in a process of its own: its options are the first argument, as JSON.

// The campaign that started us wrote them: nothing else calls this program.
const options = JSON.parse(process.argv[2] ?? '{}') as AmsSandboxOptions;
const sandbox = await startAmsSandbox(options);

let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  process.off('disconnect', end);
  void sandbox.close().then(() => process.exit(0));
};
process.on('SIGTERM', end);
process.on('disconnect', end);
const { url, username, password } = sandbox;
process.send?.({ ready: { url, username, password } });
