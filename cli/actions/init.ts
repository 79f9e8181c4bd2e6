import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { SANDBOX_URL } from '../../contracts/config.js';
import { TidemarkError } from '../../contracts/errors.js';
import { counted } from '../../contracts/readable.js';
import { localServerOf } from '../../workers/client/index.js';
import { CONFIG_FILE, starterConfig } from '../../workers/config/index.js';
import { discoverDomain } from '../../workers/discovered-domain.js';
import { titanRdmConnection } from '../../workers/titanrdm-connection.js';
import type { TitanRdm } from '../../connectors/titanrdm/index.js';
import type { Action } from '../command.js';
import { ask, isInteractive } from '../confirm.js';
import { EXIT } from '../exit-codes.js';
import { note, print, printJson } from '../output.js';

export interface InitOptions {
  url?: string;
  clientIdEnv: string;
  clientSecretEnv: string;
  domain?: string;
  branch: string;
  store: string;
}

/** Longest time for all that is asked of the tenant, in milliseconds. */
const PATIENCE_MS = 60_000;

export const action: Action<InitOptions> = async ({ options }) => {
  const file = resolve(options.config ?? CONFIG_FILE);
  // Before anything else: nobody wants to answer questions in vain.
  if (existsSync(file)) throw exists(file);
  const url = options.url ?? (await answer('Address of the tenant (https://acme.titanrdm.com, or sandbox)', '--url'));
  const { client } = titanRdmConnection(await accessTo(url, options, dirname(file)));
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await client.authenticate({ signal });
  const domain = await discoverDomain(
    client,
    { domain: options.domain ?? (await chooseDomain(client, signal)), branch: options.branch },
    signal,
  );
  const store = resolve(dirname(file), options.store);
  const text = starterConfig({
    url,
    clientId: variable(url, options.clientIdEnv),
    clientSecret: variable(url, options.clientSecretEnv),
    branch: domain.branch,
    domain,
    store: options.store,
  });
  await mkdir(store, { recursive: true });
  await writeFile(file, text, { flag: 'wx' }).catch((error: unknown) => {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'EEXIST') throw exists(file);
    throw error;
  });
  if (options.json) printJson({ file, store, domain: domain.name, branch: domain.branch, tables: domain.tables });
  else {
    print(
      `wrote ${file}: ${domain.name}, ${counted(domain.tables.length, 'table')}, both ways between the tenant and ${store}`,
    );
    // The `tidemark dev` that is up has found no config, so it runs no worker.
    const worker = url === SANDBOX_URL ? 'tidemark worker' : 'tidemark dev (or tidemark worker)';
    note(`Next: tidemark check, then ${worker}, then tidemark run PIPELINE --wait.`);
  }
  return EXIT.ok;
};

/** The sandbox of a `tidemark dev` has credentials of its own: the variables need not be set. */
const variable = (url: string, name: string): string => (url === SANDBOX_URL ? `${name}:-sandbox` : name);

async function accessTo(url: string, { clientIdEnv, clientSecretEnv }: InitOptions, folder: string) {
  if (url !== SANDBOX_URL) return { url, clientId: fromEnv(clientIdEnv), clientSecret: fromEnv(clientSecretEnv) };
  const sandbox = (await localServerOf(folder))?.sandbox;
  if (sandbox !== undefined) return sandbox;
  throw incomplete(
    'No `tidemark dev` with a sandbox is up for this folder.',
    'Start `tidemark dev` there, or give --url of a tenant.',
  );
}

function fromEnv(name: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw incomplete(
    `The variable ${name} is not set: it holds a credential of the tenant.`,
    'Set it, or name another one with --client-id-env and --client-secret-env.',
  );
}

async function chooseDomain(client: TitanRdm, signal: AbortSignal): Promise<string> {
  const names = (await client.listDomains({ signal })).map(({ name }) => name);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  if (isInteractive()) note(`Domains: ${names.join(', ')}`);
  return answer('Domain', '--domain', `The tenant has: ${names.slice(0, 30).join(', ') || 'none'}.`);
}

async function answer(question: string, option: string, known = ''): Promise<string> {
  const text = isInteractive() ? (await ask(`${question}: `))?.trim() : undefined;
  if (text !== undefined && text !== '') return text;
  throw incomplete(`${option} is missing.${known === '' ? '' : ` ${known}`}`, `Give ${option}.`);
}

function incomplete(message: string, mend: string): TidemarkError {
  return new TidemarkError(message, { code: 'INIT_INCOMPLETE', retryable: false, mend });
}

function exists(file: string): TidemarkError {
  return new TidemarkError(`${file} is there already, and is not overwritten.`, {
    code: 'CONFIG_EXISTS',
    retryable: false,
    mend: `Name another file with --config, or move it away. The nearest ${CONFIG_FILE} is the one that commands use.`,
  });
}
