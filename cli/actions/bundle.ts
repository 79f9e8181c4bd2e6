import { dirname, join, resolve } from 'node:path';
import { bytesText } from '../../contracts/readable.js';
import { findConfig } from '../../workers/config/index.js';
import { writeWorkflowBundle } from '../../workers/workflow-bundle.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { installTemporalRuntime } from '../temporal-runtime.js';

export interface BundleOptions {
  out?: string;
  workflows?: string;
}

export const action: Action<BundleOptions> = async ({ options, log }) => {
  installTemporalRuntime(log);
  const file = await place(options);
  const { workflows } = options;
  const bytes = await writeWorkflowBundle(file, {
    logger: quiet(log),
    ...(workflows === undefined ? {} : { workflowsPath: resolve(workflows) }),
  });
  if (options.json) printJson({ bundle: file, bytes });
  else
    print(
      `wrote ${file}, ${bytesText(bytes)}\nA worker takes it by worker.bundle of the config, or tidemark worker --bundle.`,
    );
  return EXIT.ok;
};

/** Beside the config's other files; without a config, below the current folder. */
async function place(options: Parameters<typeof action>[0]['options']): Promise<string> {
  if (options.out !== undefined) return resolve(options.out);
  const config = await findConfig(configFile(options));
  return join(config === undefined ? resolve('.') : dirname(config), '.tidemark', 'workflow-bundle.js');
}

type Log = Parameters<typeof action>[0]['log'];

/** What the bundler tells of its stages is of use only to who looks for a fault. */
function quiet(log: Log): NonNullable<Parameters<typeof writeWorkflowBundle>[1]>['logger'] & object {
  return {
    log: (level, message, meta) => log.debug(meta ?? {}, `${level} ${message}`),
    trace: (message, meta) => log.trace(meta ?? {}, message),
    debug: (message, meta) => log.debug(meta ?? {}, message),
    info: (message, meta) => log.debug(meta ?? {}, message),
    warn: (message, meta) => log.warn(meta ?? {}, message),
    error: (message, meta) => log.error(meta ?? {}, message),
  };
}
