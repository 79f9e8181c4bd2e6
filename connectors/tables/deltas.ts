import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { badTableName, systemCode } from './errors.js';
import { DELTAS, filePath, tableOfDelta, tableOfFile } from './file-names.js';
import type { StoredDelta } from './port.js';

/** Deltas of one table or of all, the oldest first: the order in which they are to be consumed. */
export async function listDeltas(root: string, table?: string): Promise<StoredDelta[]> {
  const folder = path.join(root, DELTAS);
  const found: (StoredDelta & { at: bigint })[] = [];
  for (const file of await unlessMissing(readdir(folder), [])) {
    const name = tableOfFile(file)?.name;
    const owner = name === undefined ? undefined : tableOfDelta(name);
    if (name === undefined || owner === undefined || (table !== undefined && owner !== table)) continue;
    const written = await unlessMissing(stat(path.join(folder, file), { bigint: true }), undefined);
    if (written !== undefined) found.push({ name, table: owner, at: written.mtimeNs });
  }
  found.sort((a, b) => (a.at === b.at ? (a.name < b.name ? -1 : 1) : a.at < b.at ? -1 : 1));
  return found.map(({ name, table: owner }) => ({ name, table: owner }));
}

/** False when there is no delta of that name. */
export async function removeDelta(root: string, name: string): Promise<boolean> {
  if (tableOfDelta(name) === undefined) throw badTableName(name, 'it is the name of a table, not of a delta');
  const removed = await Promise.all(
    (['csv', 'parquet'] as const).map((format) =>
      unlessMissing(
        rm(filePath(root, name, format)).then(() => true),
        false,
      ),
    ),
  );
  return removed.includes(true);
}

async function unlessMissing<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  return work.catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return otherwise;
    throw error;
  });
}
