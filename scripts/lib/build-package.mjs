import { existsSync } from 'node:fs';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.mjs';
import { packageHash, root } from './sources.mjs';

const dist = path.join(root, 'dist');
const stamp = path.join(root, '.tidemark', 'built');

/** Builds `dist` and what is made from the schemas unless they are those of today's sources. */
export async function buildWhenNeeded() {
  const built = existsSync(path.join(dist, 'index.js')) && existsSync(stamp) ? await readFile(stamp, 'utf8') : '';
  if (built !== packageHash()) await buildPackage();
}

/** Checks types, makes a clean `dist` in one step, and writes what is made from the schemas: the JSON Schema of `tidemark.yaml` and docs/reference.md. Throws when anything is wrong. */
export async function buildPackage() {
  const hash = packageHash();
  const fresh = path.join(root, '.tidemark', `dist-${process.pid}`);
  try {
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const code = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], { cwd: root });
    if (code !== 0) throw new Error('The build failed: the compiler has said why.');
    const main = path.join(fresh, 'cli', 'main.js');
    if (existsSync(main)) await chmod(main, 0o755);
    await replace(fresh, dist);
    // Only now: what is not installed yet cannot be imported at the head of this file.
    const { writeDocuments } = await import('./documents.mjs');
    await writeDocuments();
    await writeFile(stamp, hash);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function replace(fresh, target) {
  const old = `${fresh}-old`;
  if (existsSync(target)) await rename(target, old);
  await rename(fresh, target);
  await rm(old, { recursive: true, force: true });
}
