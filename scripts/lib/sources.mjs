import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..', '..');
/** Folders that the package is built from. */
export const packageRooms = ['contracts', 'connectors', 'activities', 'workflows', 'workers', 'cli', 'sandbox'];
/** Folders whose TypeScript is run from the checkout only. */
export const toolRooms = ['bench', 'examples', 'test'];

/** Every TypeScript source below the given folders, and those that lie in the root itself. Absolute paths, sorted. */
export function typescriptSources(rooms) {
  const inside = rooms.flatMap((room) => filesOf(path.join(root, room), true));
  return [...filesOf(root, false), ...inside].filter((file) => /(?<!\.d)\.ts$/.test(file)).sort();
}

/** Changes with the content of any source of the package, or of how it is built. */
export function packageHash() {
  const hash = createHash('sha256').update(process.versions.node);
  const settings = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts/lib/build-package.mjs',
  ];
  for (const file of [...settings.map((name) => path.join(root, name)), ...typescriptSources(packageRooms)])
    hash.update(`\n${path.relative(root, file)}\n`).update(readFileSync(file));
  return hash.digest('hex');
}

function filesOf(folder, recursive) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true, recursive })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(`${path.sep}node_modules`))
    .map((entry) => path.join(entry.parentPath, entry.name));
}
