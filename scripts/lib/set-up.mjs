import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildWhenNeeded } from './build-package.mjs';
import { runNpm } from './run.mjs';
import { root } from './sources.mjs';
import { transpile } from './transpile.mjs';

/** Sets up whatever is missing, and nothing else: dependencies, `dist`, and the JavaScript of what runs from the checkout. */
export async function setUp() {
  await installWhenNeeded();
  await buildWhenNeeded();
  await transpile();
}

/** Runs a script's work; an error becomes one clear line and exit code 1. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    console.error(process.env.TIDEMARK_DEBUG ? error : `${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

async function installWhenNeeded() {
  if (await installedMatchesLock()) return;
  console.log('Installing what package-lock.json says (npm ci) ...');
  // `--include=dev`: NODE_ENV=production would leave out the compiler.
  const code = await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund'], { cwd: root });
  if (code !== 0) throw new Error(`npm ci failed with exit code ${code}. Is the package registry reachable?`);
}

/** Whether node_modules holds what the lock file says. npm keeps a note of what it installed; times of files say little. */
export async function installedMatchesLock() {
  const note = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(note)) return false;
  const installed = JSON.parse(await readFile(note, 'utf8')).packages;
  const wanted = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const missing = Object.entries(wanted).filter(
    ([name, { version, optional, peer }]) =>
      // Optional ones are for other platforms; where they are installed, their version counts too.
      name !== '' && (installed[name] === undefined ? !optional && !peer : installed[name].version !== version),
  );
  return missing.length === 0 && Object.keys(installed).every((name) => wanted[name] !== undefined);
}
