import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { ConfigError, loadConfig } from '../../workers/config/index.js';

type Options = NonNullable<Parameters<typeof loadConfig>[0]>;
type Load = (text: string, more?: Options) => Promise<Awaited<ReturnType<typeof loadConfig>>['config']>;

export interface ConfigFolder {
  /** Its path. */
  folder: () => string;
  write: (text: string, name?: string) => Promise<string>;
  load: Load;
  /** The error with which it is refused. */
  refusal: (text: string, more?: Options) => Promise<ConfigError>;
  /** The problems without the name of the file. */
  problems: (text: string, more?: Options) => Promise<string[]>;
}

export const environment = { TITAN_SECRET: 's3cr3t-value', TITAN_ID: 'client-1' };

// Pieces of configs: connections, and a pipeline between them.
export const tenant = `
  tenant:
    type: titanrdm
    url: https://acme.titanrdm.com
    clientId: \${TITAN_ID}
    clientSecret: \${TITAN_SECRET}`;
export const files = `
  files:
    type: files
    path: data`;
export const upload = `
  nightly:
    workflow: titanConventionUpload
    input: { connection: tenant, branch: { id: 3 }, domain: Geography, store: files }`;

/** A folder for the config files of a test file, which is there while its tests run. */
export function configFolder(): ConfigFolder {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tidemark-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const write = async (text: string, name = 'tidemark.yaml'): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };
  const load: Load = async (text, more = {}) =>
    (await loadConfig({ file: await write(text), environment, ...more })).config;
  const refusal = async (text: string, more: Options = {}): Promise<ConfigError> => {
    const error: unknown = await load(text, more).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ConfigError))
      throw new Error('the config was accepted, or failed in another way', { cause: error });
    return error;
  };
  const problems = async (text: string, more: Options = {}): Promise<string[]> =>
    (await refusal(text, more)).message.split('\n').map((line) => line.replace(/^.*tidemark\.yaml:?/, ''));
  return { folder: () => folder, write, load, refusal, problems };
}
