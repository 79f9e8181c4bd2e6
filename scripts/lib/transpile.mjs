import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRooms, root, toolRooms, typescriptSources } from './sources.mjs';

/** Where TypeScript that is not part of the package (benchmarks, examples, tests' programs) runs from: laid out as the sources are. */
export const buildFolder = path.join(root, '.tidemark', 'build');

/**
 * Makes JavaScript of every TypeScript source, without checking types (`npm run typecheck` does). Only what is older than its
 * source is made again, so it takes no time when nothing changed. Each file appears in one step: runs at the same time do no harm.
 */
export async function transpile() {
  const outputs = new Set();
  for (const source of typescriptSources([...packageRooms, ...toolRooms])) {
    const output = path.join(buildFolder, path.relative(root, source).replace(/\.ts$/, '.js'));
    outputs.add(output);
    await transpileFile(source, output);
  }
  await removeOrphans(outputs);
}

async function transpileFile(source, output) {
  const { mtime } = await stat(source);
  if (existsSync(output) && (await stat(output)).mtimeMs >= mtime.getTime()) return;
  // Loaded here: this file is also imported before `npm ci` has run.
  const { transform } = await import('@swc/core');
  const { code } = await transform(await readFile(source, 'utf8'), {
    filename: source,
    sourceMaps: 'inline',
    swcrc: false,
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  await mkdir(path.dirname(output), { recursive: true });
  const temporary = `${output}.${process.pid}`;
  await writeFile(temporary, code);
  // The time of the source as it was read, rounded up to what a date can hold: one that is saved meanwhile stays newer.
  await utimes(temporary, new Date(), new Date(mtime.getTime() + 1));
  await rename(temporary, output);
}

/** A deleted source must not live on as JavaScript that somebody still imports. */
async function removeOrphans(outputs) {
  const entries = readdirSync(buildFolder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.js'));
  const orphans = files.map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => !outputs.has(file));
  await Promise.all(orphans.map((file) => rm(file, { force: true })));
}
