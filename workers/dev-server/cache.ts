import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where downloaded programs are kept: `$TIDEMARK_CACHE`, else `tidemark` in the user's cache folder (XDG). */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, home: string = homedir()): string {
  const own = env['TIDEMARK_CACHE'];
  if (own !== undefined && own !== '') return path.resolve(own);
  const xdg = env['XDG_CACHE_HOME'];
  // The XDG base directory specification (0.8) says that a relative path is to be ignored.
  return path.join(xdg !== undefined && path.isAbsolute(xdg) ? xdg : path.join(home, '.cache'), 'tidemark');
}

/** Runs `work` with a folder of its own inside the cache, removed whatever happens. On the cache's disk, so that a rename suffices. */
export async function withWorkFolder<T>(cache: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'work-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Moves a program from a work folder of the cache to its place, in one step: another process sees none or the whole one. */
export async function placeInCache(source: string, destination: string): Promise<string> {
  await mkdir(path.dirname(destination), { recursive: true });
  await chmod(source, 0o755);
  await rename(source, destination);
  return destination;
}
