import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { RunProgram } from './run-program.js';
import { lastLine } from './run-program.js';
import type { ServerBinary } from './server-binary.js';

/** The CLI is some 50 MB; its host answers at once or, where there is no way to it, never. */
const DOWNLOAD_TIMEOUT_MS = 180_000;

// In a process of its own: the SDK's runtime is one per process, and starting it here would take away the host
// program's choice of its settings. It also means that a download which hangs can be ended.
const SCRIPT = `
const [testing, kind, downloadDir] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
const server = { executable: { type: 'cached-download', downloadDir } };
const started =
  kind === 'dev-server' ? TestWorkflowEnvironment.createLocal({ server }) : TestWorkflowEnvironment.createTimeSkipping({ server });
started.then((env) => env.teardown()).then(
  () => process.exit(0),
  (error) => { console.error(String(error && error.message).replaceAll('\\n', ' ')); process.exit(1); },
);`;

/** Lets Temporal's TypeScript SDK fetch the server into a folder. `@temporalio/testing` is an optional peer: it may be absent. */
export async function sdkDownload(binary: ServerBinary, folder: string, run: RunProgram): Promise<string> {
  const testing = resolveTesting();
  const { code, stderr } = await run(process.execPath, ['-e', SCRIPT, testing, binary.sdkServer, folder], {
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    // NODE_OPTIONS of a test runner or debugger are not meant for this process.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (code !== 0) throw new Error(lastLine(stderr, 1_000) || `the download ended with ${String(code)}`);
  const [file] = await readdir(folder);
  if (file === undefined) throw new Error('the SDK started a server but left no file');
  return path.join(folder, file);
}

function resolveTesting(): string {
  try {
    return createRequire(import.meta.url).resolve('@temporalio/testing');
  } catch {
    // Absent is ordinary: it is an optional peer.
    throw new Error('the package @temporalio/testing is not installed');
  }
}
