import { randomUUID } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { TidemarkError } from '../../contracts/errors.js';
import { storeFailure, systemCode } from './errors.js';

// A temporary file is removed by whoever made it; on a normal end of the process by the exit hook; and when the process was killed,
// by the next one that works in the same folder: its name says which process made it.

const PREFIX = '.tidemark-';
const SUFFIX = '.tmp';
/** Whatever its owner: nothing is spooled for so long. Covers processes of other hosts and process ids that were given out again. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1_000;

const alive = new Set<string>();
let exitHook = false;

/** A temporary file that only this user can read. */
export interface SpoolFile {
  path: string;
  handle: FileHandle;
  /** Closes and removes it. Safe to call again. Does nothing to a file that was renamed away with `keep`. */
  remove(): Promise<void>;
  /** The file has been renamed: nothing is left to remove. Closes it. */
  keep(): Promise<void>;
}

/** Creates a temporary file (mode 0600) in a folder that exists. `purpose` shows in its name. */
export async function createSpoolFile(directory: string, purpose = 'spool'): Promise<SpoolFile> {
  const file = path.join(directory, spoolName(purpose));
  // Exclusive, never through a link that somebody put there.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const handle = await open(file, flags, 0o600).catch((error: unknown) => {
    throw storeFailure(`Creating a temporary file in ${directory}`, error);
  });
  track(file);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= handle.close());
  return {
    path: file,
    handle,
    async keep() {
      alive.delete(file);
      await close();
    },
    async remove() {
      if (!alive.has(file)) return;
      try {
        await close();
      } finally {
        await removeSpoolPath(file);
      }
    },
  };
}

/** A name for a temporary file that another library will create; to be removed with `removeSpoolPath`. */
export function spoolPath(directory: string, purpose: string): string {
  const file = path.join(directory, spoolName(purpose));
  track(file);
  return file;
}

/** Removes a file or folder named by `spoolPath`. */
export async function removeSpoolPath(file: string): Promise<void> {
  await rm(file, { force: true, recursive: true });
  alive.delete(file);
}

/**
 * The folder for temporary files, made when it is missing and readable by this user alone. Sweeps it once per process.
 * Default: a folder of this user's own within the system's temporary folder.
 */
export async function spoolDirectory(configured?: string): Promise<string> {
  const own = path.join(tmpdir(), `tidemark-${process.getuid?.() ?? 'spool'}`);
  const directory = path.resolve(configured ?? own);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (configured === undefined) await refuseForeign(directory);
  } catch (error) {
    throw storeFailure(`Using ${directory} for temporary files`, error);
  }
  await sweepOnce(directory);
  return directory;
}

const swept = new Map<string, Promise<number>>();

/** `sweep`, once per folder and process. */
export async function sweepOnce(directory: string): Promise<void> {
  const begun = swept.get(directory) ?? sweep(directory);
  swept.set(directory, begun);
  await begun;
}

/** Removes the temporary files of processes that are dead. Returns how many. Never throws: it is housekeeping. */
export async function sweep(directory: string): Promise<number> {
  let removed = 0;
  const names = await readdir(directory).catch((): string[] => []);
  for (const name of names) {
    const file = path.join(directory, name);
    if (alive.has(file) || !(await isAbandoned(file, name))) continue;
    // Another process may sweep at the same time.
    await rm(file, { force: true, recursive: true }).then(
      () => (removed += 1),
      () => undefined,
    );
  }
  return removed;
}

async function isAbandoned(file: string, name: string): Promise<boolean> {
  const [, host, pid] = /^\.tidemark-([\da-z]+)-(\d+)-[\w-]+\.tmp$/u.exec(name) ?? [];
  if (host === undefined) return false;
  const changed = await stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
  if (changed === undefined) return false;
  const age = Date.now() - changed;
  if (age > ABANDONED_AFTER_MS) return true;
  if (host !== hostTag()) return false;
  // In a container the predecessor had our own process id: then the file is older than we are.
  if (Number(pid) === process.pid) return age > process.uptime() * 1_000 + 1_000;
  return !isRunning(Number(pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

function spoolName(purpose: string): string {
  return `${PREFIX}${hostTag()}-${process.pid}-${purpose}-${randomUUID()}${SUFFIX}`;
}

/** Letters and digits of the host's name: process ids mean nothing on another host that shares the folder. */
function hostTag(): string {
  return (
    hostname()
      .toLowerCase()
      .replaceAll(/[^\da-z]/gu, '') || 'host'
  );
}

function track(file: string): void {
  alive.add(file);
  if (exitHook) return;
  exitHook = true;
  process.once('exit', () => {
    for (const left of alive) {
      try {
        rmSync(left, { force: true, recursive: true });
      } catch {
        // The process is ending: the next one sweeps what could not be removed.
      }
    }
  });
}

/** In a folder that everybody may write to, somebody else may have made ours first. */
async function refuseForeign(directory: string): Promise<void> {
  const found = await lstat(directory);
  const own = process.getuid?.();
  if (found.isDirectory() && (own === undefined || (found.uid === own && (found.mode & 0o077) === 0))) return;
  throw new TidemarkError(`${directory} belongs to another user or is open to others.`, {
    code: 'SPOOL_NOT_PRIVATE',
    retryable: false,
    mend: 'Remove it, or configure a folder for temporary files.',
  });
}
