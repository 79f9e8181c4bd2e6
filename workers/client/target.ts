import { loadClientConfigProfile, toClientOptions, type ClientConnectConfig } from '@temporalio/envconfig';
import type { DataConverter } from '@temporalio/common';
import type { TemporalConfig } from '../../contracts/config.js';
import { TidemarkError } from '../../contracts/errors.js';
import { dataConverterOf } from '../data-converter.js';
import { likelyWebUi, type WebUiTarget } from './links.js';
import { localServerOf } from './local-server.js';

const DEFAULT_ADDRESS = 'localhost:7233';

export interface TemporalTarget extends WebUiTarget {
  address: string;
  taskQueue: string;
  /** Options for `Connection.connect` and `NativeConnection.connect`. Hold credentials: never to be logged. */
  connectionOptions: ClientConnectConfig['connectionOptions'];
  /** What named the address, for people. */
  from: string;
  /** How clients read and write payloads, where that is not Temporal's own way: they may be encrypted. Holds keys: never to be logged. */
  dataConverter?: DataConverter | undefined;
}

export interface TargetOptions {
  /** Folder of the project, where `tidemark dev` leaves its note. */
  folder: string;
  environment?: Readonly<Record<string, string | undefined>>;
}

/**
 * Where Temporal is, in this order: `temporal.address` of the config; TEMPORAL_ADDRESS or a profile of Temporal's own (`temporal.toml`);
 * the local server of a running `tidemark dev`; localhost:7233. API key and certificates come from the profile in each case.
 *
 * @throws TidemarkError `TEMPORAL_PROFILE` when the profile cannot be read
 */
export async function temporalTarget(config: TemporalConfig, options: TargetOptions): Promise<TemporalTarget> {
  const environment = options.environment ?? process.env;
  const profile = readProfile(config.profile, environment);
  const local =
    config.address === undefined && profile.address === undefined ? await localServerOf(options.folder) : undefined;
  const address = config.address ?? profile.address ?? local?.address ?? DEFAULT_ADDRESS;
  return {
    address,
    namespace: config.namespace ?? profile.namespace ?? local?.namespace ?? 'default',
    taskQueue: config.taskQueue,
    webUi: config.webUi ?? nonEmpty(environment['TIDEMARK_WEB_UI']) ?? local?.webUi ?? likelyWebUi(address),
    connectionOptions: { ...toClientOptions({ ...profile.rest, address }).connectionOptions, address },
    dataConverter: await dataConverterOf(config, 'client'),
    from: origin(),
  };

  function origin(): string {
    if (config.address !== undefined) return 'temporal.address of the config';
    if (profile.address !== undefined) return 'TEMPORAL_ADDRESS or a Temporal profile';
    return local === undefined ? 'the default' : 'the running `tidemark dev`';
  }
}

function readProfile(name: string | undefined, environment: Readonly<Record<string, string | undefined>>) {
  const variables = Object.entries(environment).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]));
  try {
    const profile = loadClientConfigProfile({
      ...(name === undefined ? {} : { profile: name }),
      overrideEnvVars: Object.fromEntries(variables) as Record<string, string>, // those that are undefined have been left out
    });
    const { address, namespace, ...rest } = profile;
    return { rest, address: nonEmpty(address), namespace: nonEmpty(namespace) };
  } catch (cause) {
    throw new TidemarkError(`The Temporal profile ${name === undefined ? '' : `"${name}" `}cannot be read.`, {
      code: 'TEMPORAL_PROFILE',
      retryable: false,
      mend: 'Check temporal.profile of the config, TEMPORAL_PROFILE, and the file that TEMPORAL_CONFIG_FILE names.',
      cause,
    });
  }
}

const nonEmpty = (text: string | undefined) => (text === undefined || text === '' ? undefined : text);
