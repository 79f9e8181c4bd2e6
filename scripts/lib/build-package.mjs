import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from './run.mjs';
import { packageHash, root } from './sources.mjs';

const dist = path.join(root, 'dist');
const stamp = path.join(root, '.tidemark', 'built');

/** Builds `dist` and `schema` unless they are those of today's sources. */
export async function buildWhenNeeded() {
  const built = existsSync(path.join(dist, 'index.js')) && existsSync(stamp) ? await readFile(stamp, 'utf8') : '';
  if (built !== packageHash()) await buildPackage();
}

/** Checks types, makes a clean `dist` in one step, and writes the JSON Schema of `tidemark.yaml`. Throws when anything is wrong. */
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
    await writeSchema();
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

/** For editors: `# yaml-language-server: $schema=...` in a tidemark.yaml. */
async function writeSchema() {
  const generator = path.join(dist, 'contracts', 'config-schema.js');
  if (!existsSync(generator)) return;
  const { configJsonSchema } = await import(pathToFileURL(generator).href);
  await mkdir(path.join(root, 'schema'), { recursive: true });
  await writeFile(
    path.join(root, 'schema', 'tidemark.schema.json'),
    `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
  );
}
