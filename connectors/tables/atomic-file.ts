import { chmod, open, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { SpoolFile } from './spool.js';

/**
 * Puts a finished temporary file in the place of another, in the same folder: readers see the old file or the new one, whole, also
 * after a crash of the machine. The mode of the old file stays; a new one is for those who may read or write the folder. What
 * `stillWanted` throws, right before the one is put in the place of the other, leaves the old one there.
 */
export async function putInPlace(temporary: SpoolFile, target: string, stillWanted?: () => void): Promise<void> {
  const folder = path.dirname(target);
  const old = await stat(target).catch(() => undefined);
  const mode = (old ?? (await stat(folder))).mode & 0o666;
  await chmod(temporary.path, mode);
  await temporary.handle.sync();
  const letGo = await hold(old?.isFile() === true ? target : undefined);
  try {
    stillWanted?.();
    await rename(temporary.path, target);
    await temporary.keep();
    await syncFolder(folder);
  } finally {
    letGo();
  }
}

/**
 * Keeps the old file's bytes until the new one is in its place: the system frees them when the last one lets go, which for 300 MB takes
 * longer than everything else here, and nobody need wait for it. Not on Windows, where no open file is replaced.
 */
async function hold(file: string | undefined): Promise<() => void> {
  const canHold = file !== undefined && process.platform !== 'win32';
  // Who may not read it waits for it.
  const handle = canHold ? await open(file, 'r').catch(() => undefined) : undefined;
  return () => void handle?.close().catch(() => undefined);
}

/** Makes the renaming itself last. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    await handle?.sync();
  } catch {
    // Some file systems can't sync a folder: then the renaming lasts when they say so.
  } finally {
    await handle?.close();
  }
}
