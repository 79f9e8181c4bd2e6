import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

/** A folder of one run, in `parent`: gone with `remove`, or with this process. */
export async function makeWorkFolder(parent: string): Promise<{ folder: string; remove: () => Promise<void> }> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(path.join(parent, 'run-'));
  const onExit = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', onExit);
  return {
    folder,
    remove: async () => {
      await rm(folder, { recursive: true, force: true });
      process.off('exit', onExit);
    },
  };
}
