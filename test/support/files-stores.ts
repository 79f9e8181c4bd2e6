import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { FilesStore, type FilesStoreOptions, type TableStore } from '../../connectors/tables/index.js';

let folder: string;
let root: string;
let spool: string;
const open: TableStore[] = [];

/** To be called once by a test file: each of its tests has folders of its own, and its stores are closed after it. */
export function filesStores(): void {
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
    root = path.join(folder, 'store');
    spool = path.join(folder, 'spool');
    await mkdir(root);
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    await rm(folder, { recursive: true });
  });
}

/** The test's own: its folder, and below it those of the store and of temporary files. */
export const places = (): { folder: string; root: string; spool: string } => ({ folder, root, spool });

export function storeOf(options: Partial<FilesStoreOptions> = {}): FilesStore {
  const store = new FilesStore({ path: root, spoolDirectory: spool, ...options });
  open.push(store);
  return store;
}

export async function textOf(store: TableStore, table: string): Promise<string | undefined> {
  const csv = await store.read(table);
  if (csv === undefined) return undefined;
  const closed = once(csv.stream, 'close');
  const bytes = await buffer(csv.stream);
  await closed;
  return bytes.toString();
}

export const csvOf = (text: string, size = 5): Readable =>
  Readable.from(
    (function* () {
      for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
    })(),
  );
export const codeOf = (code: string): unknown => expect.objectContaining({ name: 'TidemarkError', code });
