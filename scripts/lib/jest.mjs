import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { findBrowser } from './browser.mjs';
import { run } from './run.mjs';
import { root, typescriptSources } from './sources.mjs';
import { findTerminal } from './terminal.mjs';

/** Runs jest over the sources and ends with the line `N passed, N failed`. Resolves to the exit code. */
export async function runJest(args, env = {}) {
  const folder = path.join(root, '.tidemark', 'test');
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(path.join(folder, 'run-'));
  const summary = path.join(work, 'summary.json');
  try {
    const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const reporters = ['--reporters=default', `--reporters=${path.join(import.meta.dirname, 'summary-reporter.mjs')}`];
    const options = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`;
    // Options that take a list would swallow a test's name behind them: ours come last.
    const code = await run(process.execPath, [jest, ...args, ...reporters], {
      cwd: root,
      env: { ...process.env, ...env, NODE_OPTIONS: options.trim(), TIDEMARK_TEST_SUMMARY: summary },
    });
    // Nothing was run at all: bad arguments, or the set-up failed.
    const counts = existsSync(summary)
      ? JSON.parse(await readFile(summary, 'utf8'))
      : { passed: 0, failed: 1, pending: 0 };
    report(counts);
    return code === 0 && counts.failed > 0 ? 1 : code;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function tellSkipped(want) {
  const skipped = typescriptSources(['test']).filter((file) => file.endsWith(`.${want}.test.ts`));
  for (const file of skipped) console.log(`skipped for want of a ${want}: ${path.relative(root, file)}`);
}

function report({ passed, failed, pending }) {
  if (findBrowser() === undefined) tellSkipped('browser');
  if (findTerminal() === undefined) tellSkipped('terminal');
  if (pending > 0) console.log(`${pending} not run`);
  console.log(`${passed} passed, ${failed} failed`);
}
