import path from 'node:path';
import type { RunProgram } from './run-program.js';
import { lastLine } from './run-program.js';
import type { ServerBinary } from './server-binary.js';
import { executableName } from './server-binary.js';

/** A whole server is compiled: minutes, where the modules are not cached. */
const BUILD_TIMEOUT_MS = 20 * 60_000;

/** Builds the program from its Go sources into a folder. */
export async function goInstall(
  binary: ServerBinary,
  folder: string,
  run: RunProgram,
  platform: NodeJS.Platform,
): Promise<string> {
  if (binary.goPackage === undefined) throw new Error(`the ${binary.title} is not written in Go`);
  const env = { ...process.env, GOBIN: folder, GOFLAGS: '' };
  const { code, stderr } = await run('go', ['install', binary.goPackage], { timeoutMs: BUILD_TIMEOUT_MS, env }).catch(
    (error: unknown) => {
      throw new Error(`go: ${error instanceof Error ? error.message : 'cannot be run'}`);
    },
  );
  if (code !== 0) throw new Error(`go install ended with ${String(code)}: ${lastLine(stderr)}`);
  return path.join(folder, executableName(binary, platform));
}
