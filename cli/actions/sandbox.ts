import { resolve } from 'node:path';
import { findConfig, loadClientConfig } from '../../workers/config/index.js';
import { withClosers } from '../closers.js';
import type { Action, CommonOptions } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { note, printJson } from '../output.js';
import { accessOf, amsAccessOf, startLocalAms, startSandbox } from '../sandbox.js';
import { untilSignal } from '../signals.js';
import { configFile } from '../temporal.js';

export interface SandboxOptions {
  port: number;
  amsPort: number;
  definitions?: string;
}

export const action: Action<SandboxOptions> = ({ options }) =>
  withClosers(async (closers) => {
    const definitions = await definitionsOf(options);
    const sandbox = await startSandbox({ port: options.port, definitions });
    closers.add(() => sandbox.close());
    const ams = await startLocalAms({ port: options.amsPort, definitions });
    closers.add(() => ams.close());
    printJson({ titanrdm: accessOf(sandbox), ams: amsAccessOf(ams) });
    note('The sandboxes are up; Ctrl-C stops them.');
    await untilSignal();
    return EXIT.ok;
  });

async function definitionsOf(options: SandboxOptions & CommonOptions): Promise<string | undefined> {
  if (options.definitions !== undefined) return resolve(options.definitions);
  if ((await findConfig(configFile(options))) === undefined) return undefined;
  return (await loadClientConfig(configFile(options))).config.sandbox.definitions;
}
