import { existsSync } from 'node:fs';
import path from 'node:path';
import { run } from './run.mjs';
import { root } from './sources.mjs';
import { buildFolder } from './transpile.mjs';

/** Runs the program that a TypeScript file of this checkout is, with the checkout's path in `TIDEMARK_ROOT`. */
export async function runTool(source, args, { env = {}, ...options } = {}) {
  const file = path.join(buildFolder, source.replace(/\.ts$/, '.js'));
  if (!existsSync(file)) throw new Error(`There is no ${source}.`);
  return run(process.execPath, ['--enable-source-maps', file, ...args], {
    cwd: root,
    env: { ...process.env, TIDEMARK_ROOT: root, ...env },
    ...options,
  });
}
