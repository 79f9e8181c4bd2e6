import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Users whom a server may run as when we are root, in their order: PostgreSQL refuses to run as root. */
const USERS = ['postgres', 'nobody'] as const;
/** Reachable by everybody, whatever TMPDIR says. */
const COMMON_TEMPORARY_FOLDER = '/tmp';

/** Ids of a user; none when the server runs as the user that we are. */
export type ServerUser = { uid: number; gid: number } | undefined;

/** Whom the server runs as: the owner of its data, else an unprivileged user of the system. Undefined unless we are root. */
export async function serverUser(data: string): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(data).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of USERS) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error(`PostgreSQL does not run as root, and there is no user ${USERS.join(' or ')} to run it as`);
}

/** Whether the user may enter a folder, or run a file: each folder above it counts. */
export async function mayEnter(user: ServerUser, file: string): Promise<boolean> {
  if (user === undefined) return true;
  return new Promise((resolve) => {
    execFile('test', ['-x', file], { ...user, cwd: '/' }, (error) => resolve(error === null));
  });
}

/** A new temporary folder that the user may enter, and so may everybody, so that folders inside it may belong to the user. */
export async function temporaryFolder(user: ServerUser): Promise<string> {
  const root = (await mayEnter(user, tmpdir())) ? tmpdir() : COMMON_TEMPORARY_FOLDER;
  const folder = await mkdtemp(path.join(root, 'tidemark-postgres-'));
  if (user !== undefined) await chmod(folder, 0o711);
  return folder;
}

/** Gives the file or folder to the user. */
export async function giveTo(user: ServerUser, file: string): Promise<void> {
  if (user !== undefined) await chown(file, user.uid, user.gid);
}

/** The folder of programs, or a copy in `folder` of it and what stands beside it (`lib`, `share`), when the user may not enter it. */
export async function reachablePrograms(user: ServerUser, bin: string, folder: string): Promise<string> {
  if (await mayEnter(user, path.join(bin, 'postgres'))) return bin;
  const copy = path.join(folder, 'programs');
  await cp(path.dirname(bin), copy, { recursive: true, verbatimSymlinks: true });
  return path.join(copy, path.basename(bin));
}

function idOf(option: '-u' | '-g', name: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile('id', [option, name], (error, stdout) => resolve(error === null ? Number(stdout) : undefined));
  });
}
