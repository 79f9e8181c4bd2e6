import { connectTemporal, temporalTarget, type TemporalClient } from '../workers/client/index.js';
import { loadClientConfig, type Loaded } from '../workers/config/index.js';
import type { TidemarkClientConfig } from '../contracts/config.js';
import type { CommonOptions } from './command.js';
import type { Closers } from './closers.js';

export const configFile = (options: Pick<CommonOptions, 'config'>) =>
  options.config === undefined ? {} : { file: options.config };

/** For commands that start and watch runs: the config without its secrets, and a connection to Temporal. */
export async function openClient(
  options: CommonOptions,
  closers: Closers,
): Promise<{ loaded: Loaded<TidemarkClientConfig>; temporal: TemporalClient }> {
  const loaded = await loadClientConfig(configFile(options));
  const temporal = await connectTemporal(await temporalTarget(loaded.config.temporal, { folder: loaded.folder }));
  closers.add(() => temporal.close());
  return { loaded, temporal };
}
