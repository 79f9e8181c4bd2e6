import { constants } from 'node:fs';
import { lstat, open, readdir, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { TidemarkError } from '../../../contracts/errors.js';
import type { IngestSource, PostgresIngestOptions } from '../../../contracts/postgres-inputs.js';
import type { IngestBatch, JsonValue, TableOf } from '../../../connectors/postgres/port.js';
import { csvBytes } from '../../../connectors/tables/csv-file.js';
import { exactPath } from '../../../connectors/tables/duck.js';
import { storeFailure, systemCode } from '../../../connectors/tables/errors.js';
import { FilesStore } from '../../../connectors/tables/index.js';
import { named } from '../../registry.js';
import type { PostgresDependencies } from '../dependencies.js';
import type { OpenedSource } from './context.js';
import { foreignWatermark } from './errors.js';
import { matcherOf } from './glob.js';

type FilesSource = Extract<IngestSource, { type: 'files' }>;

/** By the file's name: its size in bytes and the time of its latest change. */
const seenSchema = z.strictObject({ files: z.record(z.string(), z.string()) });
type Seen = Record<string, string>;

/** More would make a watermark of half a megabyte, written with each batch. */
const MAX_FILES = 5_000;

interface FoundFile {
  name: string;
  path: string;
  /** Nanoseconds since 1970. */
  modified: bigint;
  /** `18342 2026-11-21T10:39:21.123456789Z` */
  state: string;
}

/**
 * New and changed files of a folder, each one a batch, the one that was changed first comes first. The watermark says of each file that
 * is still there which state of it was ingested; so a file with an old time that arrives late is found too.
 */
export function filesSource(
  source: FilesSource,
  options: PostgresIngestOptions,
  { stores = {} }: Pick<PostgresDependencies, 'stores'>,
): OpenedSource {
  const store = named('store', stores, source.connection);
  if (!(store instanceof FilesStore)) throw noFolder(source.connection);
  const [table] = options.tables;
  const replaces = table?.primaryKey !== undefined && options.upsert === '__IF_PRIMARY_KEY__';
  return async function* (highWatermark, { tables: [target], signal }) {
    if (target === undefined) return;
    const before = seenBefore(highWatermark);
    const there = await filesIn(store.folder, source.pattern);
    // Files that are gone are forgotten, or the watermark would grow for ever.
    const seen: Seen = Object.fromEntries(
      there.flatMap(({ name }) => (before[name] === undefined ? [] : [[name, before[name]]])),
    );
    for (const file of there.filter(({ name, state }) => before[name] !== state)) {
      signal.throwIfAborted();
      if (before[file.name] !== undefined && !replaces) throw changedFile(file.name);
      const handle = await openFile(file);
      if (handle === undefined) continue;
      const look = openCsvOrParquet(file, handle, target);
      try {
        yield {
          highWatermark: async () => {
            if ((await look.state()) !== file.state) throw stillChanging(file.name);
            seen[file.name] = file.state;
            return { files: { ...seen } };
          },
          metadata: { file: file.name },
          rows: look.rows,
        };
      } finally {
        await handle.close();
      }
    }
  };
}

function seenBefore(highWatermark: JsonValue): Seen {
  if (highWatermark === null) return {};
  const parsed = seenSchema.safeParse(highWatermark);
  if (parsed.success) return parsed.data.files;
  throw foreignWatermark('files', 'an object of the files that were read');
}

async function filesIn(folder: string, pattern: string): Promise<FoundFile[]> {
  const matches = matcherOf(pattern);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw storeFailure(`Listing ${folder}`, error);
  });
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && /\.(?:csv|parquet)$/u.test(entry.name))
    .map((entry) => entry.name)
    .filter((name) => matches(name));
  if (names.length > MAX_FILES) throw tooManyFiles(folder, pattern, names.length);
  const found: FoundFile[] = [];
  for (const name of names) {
    const file = { name, path: path.join(folder, name) };
    const handle = await openFile(file);
    if (handle === undefined) continue;
    try {
      const stats = await handle.stat({ bigint: true });
      found.push({ ...file, modified: stats.mtimeNs, state: stateOf(stats) });
    } finally {
      await handle.close();
    }
  }
  return found.sort((a, b) => Number(a.modified - b.modified) || (a.name < b.name ? -1 : 1));
}

/** Undefined when it has gone since it was listed. A link is refused: it may lead anywhere. */
async function openFile({ path: file, name }: Pick<FoundFile, 'path' | 'name'>): Promise<FileHandle | undefined> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw storeFailure(`Opening ${name}`, error);
  }
}

function openCsvOrParquet(
  file: FoundFile,
  handle: FileHandle,
  table: TableOf,
): { rows: IngestBatch['rows']; state: () => Promise<string> } {
  if (file.name.endsWith('.parquet')) {
    return {
      rows: { table, duckdb: `SELECT * FROM read_parquet(${exactPath(file.path)})` },
      // DuckDB opens the path for itself: another file may have come in its place.
      state: () => lstat(file.path, { bigint: true }).then(stateOf, () => 'gone'),
    };
  }
  return {
    rows: { table, csv: csvBytes(handle, `file ${file.name}`) },
    state: async () => stateOf(await handle.stat({ bigint: true })),
  };
}

function stateOf({ size, mtimeNs }: { size: bigint; mtimeNs: bigint }): string {
  const seconds = mtimeNs / 1_000_000_000n;
  const instant = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19);
  return `${size} ${instant}.${String(mtimeNs % 1_000_000_000n).padStart(9, '0')}Z`;
}

function noFolder(connection: string): TidemarkError {
  return new TidemarkError(`Connection '${connection}' is no folder of files.`, {
    code: 'INGEST_SOURCE_NO_FOLDER',
    retryable: false,
    mend: "Name a connection of type 'files'.",
  });
}

function changedFile(name: string): TidemarkError {
  return new TidemarkError(`File ${JSON.stringify(name)} has changed since it was ingested.`, {
    code: 'INGEST_FILE_CHANGED',
    retryable: false,
    mend: 'Without an upsert by primary key its rows would be there twice: give the table a key, or put new rows into new files.',
  });
}

function stillChanging(name: string): TidemarkError {
  return new TidemarkError(`File ${JSON.stringify(name)} was changed while it was read.`, {
    code: 'INGEST_FILE_CHANGING',
    retryable: true,
    mend: 'Write files under a name that begins with a dot, and rename them when they are whole.',
  });
}

function tooManyFiles(folder: string, pattern: string, count: number): TidemarkError {
  return new TidemarkError(
    `${count} files in ${folder} match ${JSON.stringify(pattern)}; ${MAX_FILES} can be kept in a watermark.`,
    {
      code: 'INGEST_TOO_MANY_FILES',
      retryable: false,
      mend: 'Move files that have been ingested into another folder.',
    },
  );
}
