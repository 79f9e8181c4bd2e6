import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundleWorkflowCode, type Logger } from '@temporalio/worker';
import type { TemporalConfig, WorkerConfig } from '../contracts/config.js';
import { TidemarkError } from '../contracts/errors.js';
import { PRELOAD_PATH, WORKFLOWS_PATH } from './plugins/system-plugin.js';

/**
 * Begins a bundle: which release of Tidemark has made it. Not at its end, where the source map is, which the worker reads to the last
 * character; and on the first line, so that no line of the map is another one.
 */
const MARK = /^\/\*# tidemark=(\S+) \*\//u;
/** The mark is shorter. */
const MARK_BYTES = 100;

/**
 * Bundles workflows once, so that workers need not do it at each start (seconds, and the build tools). Its map leads from stack traces
 * to files and lines, but holds no source text, which every worker would keep in memory (some 25 MB).
 * Resolves to the size in bytes.
 */
export async function writeWorkflowBundle(
  file: string,
  options: { /** Left out: Tidemark's own workflows. */ workflowsPath?: string; logger?: Logger } = {},
): Promise<number> {
  const { workflowsPath = WORKFLOWS_PATH, logger } = options;
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    preloadModules: [PRELOAD_PATH],
    webpackConfigHook: (config) => ({ ...config, devtool: 'inline-nosources-source-map' }),
    ...(logger === undefined ? {} : { logger }),
  });
  const text = `/*# tidemark=${await ownVersion()} */${code}`;
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
export async function usableBundle(
  codePath: string,
  { encryption, tracing }: Pick<TemporalConfig, 'encryption'> & Pick<WorkerConfig, 'tracing'> = {},
): Promise<{ codePath: string }> {
  if (tracing !== undefined) {
    throw new TidemarkError('A bundle made ahead of time would leave workflows out of the traces.', {
      code: 'BUNDLE_UNUSABLE',
      retryable: false,
      mend: 'Leave out worker.bundle where worker.tracing is set: the worker makes its own at its start.',
    });
  }
  // What encrypts the texts of failures in workflows is a part of the bundle, and one that is made ahead of time is without it.
  if (encryption !== undefined) {
    throw new TidemarkError('A bundle made ahead of time would leave the texts of failures unencrypted.', {
      code: 'BUNDLE_UNUSABLE',
      retryable: false,
      mend: 'Leave out worker.bundle where temporal.encryption is set: the worker makes its own at its start.',
    });
  }
  const beginning = await beginningOf(codePath).catch((cause: unknown) => {
    throw unusable(`The workflow bundle ${codePath} cannot be read.`, cause);
  });
  const made = MARK.exec(beginning)?.[1];
  const version = await ownVersion();
  if (made === undefined || made === version) return { codePath };
  throw unusable(`The workflow bundle ${codePath} was made by Tidemark ${made}; this is ${version}.`);
}

async function beginningOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MARK_BYTES), 0, MARK_BYTES, 0);
    return buffer.toString('utf8', 0, bytesRead);
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
