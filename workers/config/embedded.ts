import { join } from 'node:path';
import { EMBEDDED_URL, SANDBOX_URL, type ConnectionType, type TidemarkConfig } from '../../contracts/config.js';
import { ConfigError, type ConfigErrorCode } from './errors.js';
import type { YamlFile } from './read-yaml.js';

/** How to reach a local sandbox, as `tidemark sandbox` prints it. */
export interface SandboxAccess {
  url: string;
  clientId: string;
  clientSecret: string;
}

/** How to reach a local PostgreSQL: an address without user and password, as a connection has it. */
export interface PostgresAccess {
  url: string;
  user: string;
  password: string;
}

/** Starts the sandbox, with the branches, domains and tables of a file (absolute path) when the config names one. */
export type StartSandbox = (options: { definitions?: string | undefined }) => Promise<SandboxAccess>;

/** How to reach a local sandbox of AMS. */
export interface AmsAccess {
  url: string;
  username: string;
  password: string;
}

/** Starts the sandbox of AMS, with the forms and users of the same file. */
export type StartAmsSandbox = (options: { definitions?: string | undefined }) => Promise<AmsAccess>;

/** Starts a PostgreSQL whose data are kept in `dataFolder` (absolute path). */
export type StartEmbeddedPostgres = (options: { dataFolder: string }) => Promise<PostgresAccess>;

/** What starts the local parts that connections may ask for in place of an address, or tells where they are. */
export interface StartEmbedded {
  sandbox?: StartSandbox;
  ams?: StartAmsSandbox;
  postgres?: StartEmbeddedPostgres;
}

type Connections = TidemarkConfig['connections'];

/** The connections with the addresses and credentials of the local parts put in; each part is started only when one asks for it. */
export async function withEmbedded(
  { connections, sandbox: settings }: TidemarkConfig,
  yaml: YamlFile,
  folder: string,
  { sandbox, ams, postgres }: StartEmbedded,
): Promise<Connections> {
  const tenants = namesAsking(connections, 'titanrdm', SANDBOX_URL);
  const sites = namesAsking(connections, 'ams', SANDBOX_URL);
  const databases = namesAsking(connections, 'postgres', EMBEDDED_URL);
  // What cannot be started is told before anything is.
  if (sandbox === undefined) refuse(tenants, yaml, SANDBOX);
  if (ams === undefined) refuse(sites, yaml, SANDBOX);
  if (postgres === undefined) refuse(databases, yaml, POSTGRES);
  const tenant = tenants.length === 0 ? {} : picked(await sandbox?.(settings), 'url', 'clientId', 'clientSecret');
  const site = sites.length === 0 ? {} : picked(await ams?.(settings), 'url', 'username', 'password');
  const dataFolder = join(folder, '.tidemark', 'postgres');
  const access = databases.length === 0 ? undefined : await postgres?.({ dataFolder });
  const database = { ...picked(access, 'url', 'user', 'password'), ssl: 'disable' };
  const replaced = Object.entries(connections).map(([name, connection]) => {
    if (tenants.includes(name)) return [name, { ...connection, ...tenant }];
    if (sites.includes(name)) return [name, { ...connection, ...site }];
    return [name, databases.includes(name) ? { ...connection, ...database } : connection];
  });
  return Object.fromEntries(replaced) as Connections; // the same names and types, addresses apart
}

/** What a starter resolves to may be a whole server: only its address and credentials are a connection's. */
function picked<Access extends object>(access: Access | undefined, ...keys: (keyof Access)[]): Partial<Access> {
  if (access === undefined) return {};
  const entries = keys.map((key) => [key, access[key]] as const);
  return Object.fromEntries(entries) as Partial<Access>; // the keys asked for
}

function namesAsking(connections: Connections, type: ConnectionType, word: string): string[] {
  return Object.keys(connections).filter((name) => {
    const connection = connections[name];
    return connection?.type === type && 'url' in connection && connection.url === word;
  });
}

interface Part {
  code: ConfigErrorCode;
  title: string;
  mend: string;
}
const SANDBOX: Part = {
  code: 'CONFIG_SANDBOX',
  title: 'the local sandbox',
  mend: 'Give the address of a tenant or site, or run `tidemark dev`.',
};
const POSTGRES: Part = {
  code: 'CONFIG_EMBEDDED_POSTGRES',
  title: 'the embedded PostgreSQL',
  mend: 'Give the address of a database, or run `tidemark dev`.',
};

function refuse(names: readonly string[], yaml: YamlFile, { code, title, mend }: Part): void {
  if (names.length === 0) return;
  const problems = names.map((name) => ({
    path: `connections.${name}.url`,
    ...yaml.placeOf(['connections', name, 'url']),
    message: `asks for ${title}, which only \`tidemark dev\` starts.`,
  }));
  throw new ConfigError(code, yaml.file, problems, { mend });
}
