import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Runs `work` with a temporary folder (its name has a space in it, as people's folders do), removed whatever happens. */
export async function withScratchFolder(name, work) {
  const folder = await mkdtemp(path.join(tmpdir(), `${name} `));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
