import { startTitanSandbox, type TitanSandbox, type TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import { tuneProcess } from '../../workers/tune-process.js';
import { serve } from './program.js';

/** The sandbox in a process of its own: what it does with CPU and memory is not counted as anybody's. */
const handlers = {
  start: async (options: TitanSandboxOptions) => {
    // Its collector's threads would take processors from whoever is measured.
    tuneProcess();
    sandbox = await startTitanSandbox(options);
    const { url, clientId, clientSecret } = sandbox;
    return { url, clientId, clientSecret };
  },
  /** Waits until no import or export is under way, so that one contender's processing does not slow down the next. */
  idle: () => sandbox?.idle(),
  stop: async () => {
    await sandbox?.close();
  },
};
export type SandboxProgram = typeof handlers;

let sandbox: TitanSandbox | undefined;
serve(handlers);
