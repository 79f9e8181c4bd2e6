import { resolve } from 'node:path';
import { findConfig, loadClientConfig } from '../../workers/config/index.js';
import { withClosers } from '../closers.js';
import type { Action, CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { note, printJson } from '../output.js';
import { accessOf, startSandbox } from '../sandbox.js';
import { untilSignal } from '../signals.js';
import { configFile } from '../temporal.js';

export interface SandboxOptions {
  port: number;
  definitions?: string;
}

export const action: Action<SandboxOptions> = ({ options }) =>
  withClosers(async (closers) => {
    const definitions = await definitionsOf(options);
    const sandbox = await startSandbox({ port: options.port, definitions });
    closers.add(() => sandbox.close());
    printJson({ titanrdm: accessOf(sandbox) });
    note('The sandbox is up; Ctrl-C stops it.');
    await untilSignal();
    return EXIT.ok;
  });

async function definitionsOf(options: SandboxOptions & CommonOptions): Promise<string | undefined> {
  if (options.definitions !== undefined) return resolve(options.definitions);
  if ((await findConfig(configFile(options))) === undefined) return undefined;
  return (await loadClientConfig(configFile(options))).config.sandbox.definitions;
}
