import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { z } from 'zod';
import {
  clientConfigSchema,
  configSchema,
  type TidemarkClientConfig,
  type TidemarkConfig,
} from '../../contracts/config.js';
import { checkConfig } from './check.js';
import { withEmbedded, type StartEmbedded } from './embedded.js';
import { ConfigError } from './errors.js';
import { readYaml, type YamlFile } from './read-yaml.js';

/** Name of the config file that is looked for. */
export const CONFIG_FILE = 'tidemark.yaml';

export interface LoadOptions {
  /** Path of the config file. Left out: `tidemark.yaml` here or in the nearest folder above. */
  file?: string;
  /** Where the search starts and what `file` is relative to. Left out: the current folder. */
  folder?: string;
  /** Left out: the environment of the process. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** Keys of the config that are left out when their variables are not set: they concern another process. Left out: those of the codec server. */
  without?: readonly string[];
}

/** What no worker needs. */
const CODEC_SERVER = ['codecServer'] as const;
/** Keys that concern the worker or the codec server alone. */
const OTHERS_KEYS = ['codecServer', 'notifications'] as const;

/** A config, with absolute paths, and the file that it came from. */
export interface Loaded<Config> {
  config: Config;
  /** Absolute path. */
  file: string;
  /** Folder of the file: where relative paths start. */
  folder: string;
}

/**
 * Reads `tidemark.yaml`, fills in `${ENV}`, checks it, and makes paths absolute.
 *
 * `sandbox`, `ams` and `postgres` are each called at most once, when a connection's address is the word `sandbox` or `embedded`; without them
 * such a connection is an error.
 *
 * @throws ConfigError which names file, line, key and the nearest valid one; never a value that came from the environment
 */
export async function loadConfig(options: LoadOptions & StartEmbedded = {}): Promise<Loaded<TidemarkConfig>> {
  const yaml = await readConfigFile(options);
  const config = checkConfig(
    yaml,
    configSchema,
    options.environment ?? process.env,
    undefined,
    options.without ?? CODEC_SERVER,
  );
  const folder = dirname(yaml.file);
  const absolute = withAbsolutePaths(config, folder);
  const connections = await withEmbedded(absolute, yaml, folder, options);
  return { file: yaml.file, folder, config: { ...absolute, connections } };
}

/**
 * Reads the same file for a program that only starts and watches runs: the addresses and secrets of connections are not needed there,
 * so variables that are missing below `connections` do no harm.
 */
export async function loadClientConfig(options: LoadOptions = {}): Promise<Loaded<TidemarkClientConfig>> {
  const yaml = await readConfigFile(options);
  const config = checkConfig(
    yaml,
    clientConfigSchema,
    options.environment ?? process.env,
    'connections',
    options.without ?? OTHERS_KEYS,
  );
  const folder = dirname(yaml.file);
  return {
    file: yaml.file,
    folder,
    config: { ...config, ...foldersOf(config, folder) },
  };
}

/**
 * Reads any YAML (or JSON) file by a schema, with the same variables and the same errors as a config file.
 *
 * @throws ConfigError
 */
export async function loadYaml<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  environment: LoadOptions['environment'] = process.env,
): Promise<z.output<Schema>> {
  return checkConfig(await readConfigFile({ file }), schema, environment);
}

/** Absolute path of the config file, or undefined when there is none: `file` if given, else the nearest `tidemark.yaml` upwards. */
export async function findConfig(options: LoadOptions = {}): Promise<string | undefined> {
  const start = resolve(options.folder ?? '.');
  if (options.file !== undefined) return resolve(start, options.file);
  for (let folder = start; ; folder = dirname(folder)) {
    const file = join(folder, CONFIG_FILE);
    if ((await readText(file)) !== undefined) return file;
    if (dirname(folder) === folder) return undefined;
  }
}

async function readConfigFile(options: LoadOptions): Promise<YamlFile> {
  const file = await findConfig(options);
  const text = file === undefined ? undefined : await readText(file);
  if (file !== undefined && text !== undefined) return readYaml(file, text);
  const looked = file ?? join(resolve(options.folder ?? '.'), CONFIG_FILE);
  const message = file === undefined ? 'there is no config file here or in a folder above.' : 'there is no such file.';
  throw new ConfigError('CONFIG_NOT_FOUND', looked, [{ path: '', message }], {
    mend: 'Name it with --config FILE, or have one written: `tidemark init`.',
  });
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const reason = codeOf(error);
    if (reason === 'ENOENT' || reason === 'ENOTDIR') return undefined;
    throw new ConfigError(
      'CONFIG_NOT_FOUND',
      file,
      [{ path: '', message: `cannot be read (${reason ?? 'unknown reason'}).` }],
      {
        cause: error,
      },
    );
  }
}

/** `ENOENT` and the like. Not by `instanceof`: errors of Node's own modules can be of another realm. */
function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function withAbsolutePaths(config: TidemarkConfig, folder: string): TidemarkConfig {
  const connections = Object.entries(config.connections).map(([name, connection]) => [
    name,
    connection.type === 'files' ? { ...connection, path: resolve(folder, connection.path) } : connection,
  ]);
  return {
    ...config,
    connections: Object.fromEntries(connections) as TidemarkConfig['connections'], // the same names and types, paths apart
    ...foldersOf(config, folder),
  };
}

function foldersOf(
  { results, sandbox, temporal, worker }: Pick<TidemarkConfig, 'results' | 'sandbox' | 'temporal' | 'worker'>,
  folder: string,
): Pick<TidemarkConfig, 'results' | 'sandbox' | 'temporal' | 'worker'> {
  const { payloadStorage } = temporal;
  return {
    worker: worker.bundle === undefined ? worker : { ...worker, bundle: resolve(folder, worker.bundle) },
    temporal:
      payloadStorage?.type === 'folder'
        ? { ...temporal, payloadStorage: { ...payloadStorage, path: resolve(folder, payloadStorage.path) } }
        : temporal,
    results: { ...results, folder: resolve(folder, results.folder) },
    sandbox: sandbox.definitions === undefined ? {} : { definitions: resolve(folder, sandbox.definitions) },
  };
}
