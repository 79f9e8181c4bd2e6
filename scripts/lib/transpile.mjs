import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..', '..');
/** Where TypeScript that is not part of the package (tests' programs, benchmarks, examples) is run from: the same layout as the sources. */
export const buildFolder = path.join(root, '.tidemark', 'build');

const rooms = [
  'contracts',
  'connectors',
  'activities',
  'workflows',
  'workers',
  'cli',
  'sandbox',
  'bench',
  'examples',
  'test',
];

/**
 * Makes JavaScript of every TypeScript source, without checking types (`npm run typecheck` does). Only what is older than its
 * source is made again, so it takes no time when nothing changed. Each file appears in one step: runs at the same time do no harm.
 */
export async function transpile() {
  const { transform } = await import('@swc/core');
  const sources = [
    ...(await list(root, false)),
    ...(await Promise.all(rooms.map((room) => list(path.join(root, room), true)))).flat(),
  ];
  const outputs = new Set();
  for (const source of sources) {
    const output = path.join(buildFolder, path.relative(root, source).replace(/\.ts$/, '.js'));
    outputs.add(output);
    const { mtimeMs } = await stat(source);
    if (existsSync(output) && (await stat(output)).mtimeMs >= mtimeMs) continue;
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
    // The source's own time: a source that is saved while it is read stays newer than its output.
    await utimes(temporary, new Date(), new Date(Math.ceil(mtimeMs)));
    await rename(temporary, output);
  }
  await removeOrphans(buildFolder, outputs);
}

async function list(folder, deep) {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true, recursive: deep });
  return entries
    .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** A deleted source must not live on as JavaScript that somebody still imports. */
async function removeOrphans(folder, outputs) {
  if (!existsSync(folder)) return;
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.js'));
  const orphans = files.map((entry) => path.join(entry.parentPath, entry.name)).filter((file) => !outputs.has(file));
  await Promise.all(orphans.map((file) => rm(file, { force: true })));
}
