import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import type { ServerBinary } from './server-binary.js';
import { executableName } from './server-binary.js';

/** Every file of that name on the PATH which may be executed, in the PATH's order. */
export async function onPath(
  binary: ServerBinary,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
): Promise<string[]> {
  const folders = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const candidates = folders.map((folder) => path.join(folder, executableName(binary, platform)));
  const usable = await Promise.all(
    candidates.map((file) =>
      access(file, constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return candidates.filter((_, index) => usable[index]);
}
