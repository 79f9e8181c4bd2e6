import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import { TidemarkError } from '../contracts/errors.js';
import { WORKFLOWS_PATH } from './plugins/system-plugin.js';

/** Last line of a bundle: which release of Tidemark has made it. */
const MARK = '//# tidemark=';

/**
 * Bundles workflows once, so that workers need not do it at each start (seconds, and the build tools).
 * Resolves to the size in bytes.
 */
export async function writeWorkflowBundle(
  file: string,
  options: { /** Left out: Tidemark's own workflows. */ workflowsPath?: string; logger?: Logger } = {},
): Promise<number> {
  const { workflowsPath = WORKFLOWS_PATH, logger } = options;
  const { code } = await bundleWorkflowCode({ workflowsPath, ...(logger === undefined ? {} : { logger }) });
  const text = `${code}\n${MARK}${await ownVersion()}\n`;
  await mkdir(dirname(file), { recursive: true });
  // A worker that starts meanwhile reads the old one or the new one, never a part.
  const temporary = `${file}.${process.pid}`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  return Buffer.byteLength(text);
}

/**
 * A bundle's place as Temporal's worker takes it, after a look whether it fits: workflows of another release would call steps that
 * this worker does not have. One that Tidemark has not made is its maker's business.
 *
 * @throws TidemarkError `BUNDLE_UNUSABLE`
 */
export async function usableBundle(codePath: string): Promise<{ codePath: string }> {
  const end = await endOf(codePath).catch((cause: unknown) => {
    throw unusable(`The workflow bundle ${codePath} cannot be read.`, cause);
  });
  const made = end.slice(end.lastIndexOf('\n', end.length - 2) + 1).trim();
  const version = await ownVersion();
  if (!made.startsWith(MARK) || made === `${MARK}${version}`) return { codePath };
  throw unusable(
    `The workflow bundle ${codePath} was made by Tidemark ${made.slice(MARK.length)}; this is ${version}.`,
  );
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, 200);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

function unusable(message: string, cause?: unknown): TidemarkError {
  return new TidemarkError(message, {
    code: 'BUNDLE_UNUSABLE',
    retryable: false,
    mend: 'Make it anew with `tidemark bundle`.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** `package.json` is beside `dist`, and beside `workers` in a checkout. */
export async function ownVersion(): Promise<string> {
  for (const path of ['../../package.json', '../package.json']) {
    const text = await readFile(new URL(path, import.meta.url), 'utf8').catch(() => '');
    const found = /"version":\s*"([^"]+)"/.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return 'unknown';
}
