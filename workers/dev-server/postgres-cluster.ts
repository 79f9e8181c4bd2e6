import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TidemarkError } from '../../contracts/errors.js';
import type { PostgresBinaries } from './find-postgres.js';
import { programFile } from './find-postgres.js';
import { lastLine, runProgram } from './run-program.js';
import type { ServerUser } from './server-user.js';
import { giveTo, mayEnter, reachablePrograms, serverUser, temporaryFolder } from './server-user.js';

const INITDB_TIMEOUT_MS = 120_000;
export const POSTGRES_SUPERUSER = 'postgres';
/** Data that root keeps in a folder that the server's user may not enter. */
const SYSTEM_DATA_FOLDER = '/var/lib/tidemark';

/** The data of a server, and whom and what it runs as. */
export interface Cluster {
  bin: string;
  version: string;
  user: ServerUser;
  data: string;
  password: string;
  /** Folders that go with the server. */
  temporary: string[];
  remove: () => Promise<void>;
}

/** A folder of data to start a server on: new, or the one that was kept. Error: `POSTGRES_SERVER_FAILED`. */
export async function prepareCluster(binaries: PostgresBinaries, dataFolder: string | undefined): Promise<Cluster> {
  const kept = dataFolder === undefined ? undefined : path.resolve(dataFolder);
  const user = await serverUser(path.join(kept ?? '', 'data')).catch((error: unknown) => {
    throw postgresFailed(error instanceof Error ? error.message : String(error), 'Run as another user.');
  });
  const work = await temporaryFolder(user);
  const remove = () => rm(work, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  try {
    const folder = kept === undefined ? work : await keptFolder(kept, user);
    const bin = await reachablePrograms(user, binaries.bin, work);
    const cluster = {
      bin,
      version: binaries.version,
      user,
      data: path.join(folder, 'data'),
      temporary: [work],
      remove,
    };
    const passwordFile = path.join(folder, 'password');
    if (existsSync(path.join(cluster.data, 'PG_VERSION'))) {
      await checkVersion(cluster.data, binaries);
      return { ...cluster, password: (await readFile(passwordFile, 'utf8')).trim() };
    }
    const password = randomBytes(24).toString('base64url');
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await initialise(cluster, password, work);
    return { ...cluster, password };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** The folder itself, or one of the system where root's own folders are closed to the server's user. */
async function keptFolder(folder: string, user: ServerUser): Promise<string> {
  await mkdir(folder, { recursive: true });
  if (await mayEnter(user, folder)) return folder;
  const name = `postgres-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
  const other = path.join(SYSTEM_DATA_FOLDER, name);
  await mkdir(other, { recursive: true });
  return other;
}

async function checkVersion(data: string, { major, bin }: PostgresBinaries): Promise<void> {
  const before = (await readFile(path.join(data, 'PG_VERSION'), 'utf8')).trim();
  if (before === String(major)) return;
  throw postgresFailed(
    `The data in ${data} are of PostgreSQL ${before}; ${bin} has version ${major}.`,
    `Set TIDEMARK_POSTGRES_BIN to the programs of PostgreSQL ${before}, or remove the folder to begin anew.`,
  );
}

async function initialise(cluster: Omit<Cluster, 'password'>, password: string, work: string): Promise<void> {
  const { data, user } = cluster;
  // An attempt that was cut short leaves half a cluster, which initdb refuses to fill.
  await rm(data, { recursive: true, force: true });
  await mkdir(data, { mode: 0o700 });
  await giveTo(user, data);
  // The server's user must be able to read it, which a file of the kept folder need not be.
  const passwordFile = path.join(work, 'password-for-initdb');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await giveTo(user, passwordFile);
  const args = [
    ...['--pgdata', data, '--username', POSTGRES_SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
  ];
  const { code, stderr } = await runProgram(programFile(cluster.bin, 'initdb'), args, {
    timeoutMs: INITDB_TIMEOUT_MS,
    cwd: work,
    ...user,
  });
  await rm(passwordFile);
  if (code !== 0) throw postgresFailed(`initdb ended with ${String(code)} and said: ${lastLine(stderr)}`);
}

export function postgresFailed(message: string, mend?: string, cause?: unknown): TidemarkError {
  return new TidemarkError(message, {
    code: 'POSTGRES_SERVER_FAILED',
    retryable: false,
    ...(mend === undefined ? {} : { mend }),
    ...(cause === undefined ? {} : { cause }),
  });
}
