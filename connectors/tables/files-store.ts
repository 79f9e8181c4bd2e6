import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { TidemarkError } from '../../contracts/errors.js';
import { putInPlace } from './atomic-file.js';
import { openCsv, receive } from './csv-file.js';
import { CsvObserver } from './csv-observer.js';
import { listDeltas, removeDelta } from './deltas.js';
import { Duck } from './duck.js';
import { badTableName, storeFailure, systemCode } from './errors.js';
import { checkName, deltaNameOf, filePath, openTable, tableOfDelta, tableOfFile } from './file-names.js';
import { countParquetRows, readParquet, writeParquet } from './parquet.js';
import type { CsvTable, StoredDelta, TablePresence, TableStore, WriteOptions, WrittenTable } from './port.js';
import { probeCsv } from './presence.js';
import { parseFilesStoreOptions, type FileFormat, type FilesStoreOptions } from './schema.js';
import { createSpoolFile, spoolDirectory, sweepOnce, type SpoolFile } from './spool.js';

interface CallOptions {
  signal?: AbortSignal;
}

/**
 * Tables as files of one folder, named by the convention key: `cust_customers.csv`, `cust_customers.parquet`. Deltas are in its folder
 * `deltas`, each a file of its own, until they are consumed.
 *
 * A write puts the new file in the place of the old one, then removes a file of the other format: in between, and after a crash in
 * between, a reader is told that there are two (`AMBIGUOUS_TABLE`), never given the old rows; the same write again mends it.
 */
export class FilesStore implements TableStore {
  readonly needsTypes: boolean;
  private readonly root: string;
  private readonly format: FileFormat;
  private readonly options: ReturnType<typeof parseFilesStoreOptions>;
  private duck: Promise<Duck> | undefined;
  private isClosed = false;

  constructor(options: FilesStoreOptions) {
    this.options = parseFilesStoreOptions(options);
    this.root = path.resolve(this.options.path);
    this.format = this.options.format;
    this.needsTypes = this.format === 'parquet';
  }

  /** Where the files are, for who reads them as they are. */
  get folder(): string {
    return this.root;
  }

  async list(): Promise<string[]> {
    const entries = await this.doing('Listing', readdir(this.root));
    const names = entries.flatMap((file) => tableOfFile(file)?.name ?? []);
    return [...new Set(names)].filter((name) => tableOfDelta(name) === undefined).sort();
  }

  async read(table: string, { signal }: CallOptions = {}): Promise<CsvTable | undefined> {
    signal?.throwIfAborted();
    const file = await this.doing(`Opening table "${table}" of`, openTable(this.root, table));
    if (file === undefined) return undefined;
    try {
      if (file.format === 'csv') return await openCsv(file.handle, file.path, `table "${table}"`);
      const spool = await spoolDirectory(this.options.spoolDirectory);
      const parquet = await readParquet(file.path, {
        duck: await this.openDuck(),
        spoolDirectory: spool,
        table: `"${table}"`,
        signal,
      });
      await file.handle.close();
      return parquet;
    } catch (error) {
      await file.handle.close();
      throw error;
    }
  }

  async probe(table: string, { signal }: CallOptions = {}): Promise<TablePresence> {
    signal?.throwIfAborted();
    const file = await this.doing(`Opening table "${table}" of`, openTable(this.root, table));
    if (file === undefined) return 'absent';
    try {
      if (file.format === 'csv') return await probeCsv(await openCsv(file.handle, file.path, `table "${table}"`));
      const rows = await countParquetRows(file.path, { duck: await this.openDuck(), table: `"${table}"`, signal });
      return rows === 0n ? 'empty' : 'rows';
    } finally {
      await file.handle.close();
    }
  }

  async write(table: string, csv: Readable, options: WriteOptions): Promise<WrittenTable> {
    csv.on('error', () => undefined);
    try {
      checkName(table);
      if (tableOfDelta(table) !== undefined) throw badTableName(table, 'such names are for deltas');
      const name = options.mode === 'delta' ? deltaNameOf(table, options.deltaName ?? '') : table;
      if (name !== table) checkName(options.deltaName ?? '');
      const target = filePath(this.root, name, this.format);
      await this.doing('Creating', makeFolders(this.root, path.dirname(target)));
      await sweepOnce(path.dirname(target));
      const arrived = await this.writeTo(target, table, csv, options);
      const other = filePath(this.root, name, this.format === 'csv' ? 'parquet' : 'csv');
      await this.doing(`Removing the old file of "${table}" of`, rm(other, { force: true }));
      return { table: name, ...arrived };
    } finally {
      csv.destroy();
    }
  }

  async listDeltas(table?: string): Promise<StoredDelta[]> {
    return this.doing('Listing the deltas of', listDeltas(this.root, table));
  }

  async removeDelta(name: string): Promise<boolean> {
    return this.doing(`Removing delta "${name}" of`, removeDelta(this.root, name));
  }

  async check(): Promise<void> {
    const found = await stat(this.root).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw storeFailure(`Looking at ${this.root}`, error);
    });
    // What is missing is created by the first write, within a folder that exists.
    const folder = found === undefined ? path.dirname(this.root) : this.root;
    if (found?.isDirectory() === false) {
      throw new TidemarkError(`${this.root} is no folder.`, {
        code: 'STORE_NOT_FOUND',
        retryable: false,
        mend: '`path` of the connection must be a folder.',
      });
    }
    await this.doing('Using', access(folder, constants.R_OK | constants.W_OK | constants.X_OK));
  }

  /** Also ends DuckDB. Parquet can't be read or written any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    const duck = this.duck;
    this.duck = undefined;
    await (await duck?.catch(() => undefined))?.close();
  }

  private async writeTo(
    target: string,
    table: string,
    csv: Readable,
    options: WriteOptions,
  ): Promise<Pick<WrittenTable, 'rows' | 'bytes' | 'largest'>> {
    const { largestOf, signal, verify } = options;
    const observer = new CsvObserver({
      where: `table "${table}"`,
      ...(largestOf === undefined ? {} : { maxOf: largestOf }),
    });
    const isCsv = this.format === 'csv';
    const spool = await createSpoolFile(
      isCsv ? path.dirname(target) : await spoolDirectory(this.options.spoolDirectory),
      'table',
    );
    let finished: SpoolFile = spool;
    try {
      const bytes = await receive(csv, spool.handle, observer, signal);
      const largest = observer.max ?? null;
      verify?.({ rows: observer.rows, bytes, largest });
      if (!isCsv) {
        finished = await createSpoolFile(path.dirname(target), 'table');
        const { header = [], headerEnd } = observer;
        const source = { csv: spool.path, header, headerEnd, columns: options.columns ?? [] };
        await writeParquet(source, finished.path, { duck: await this.openDuck(), table: `"${table}"`, signal });
      }
      // Asked once more at the last moment: the writer may have lost its right to write meanwhile.
      const stillWanted = (): void => {
        signal?.throwIfAborted();
        verify?.({ rows: observer.rows, bytes, largest });
      };
      await this.doing(`Replacing table "${table}" of`, putInPlace(finished, target, stillWanted));
      return { rows: observer.rows, bytes, ...(largestOf === undefined ? {} : { largest }) };
    } finally {
      await finished.remove();
      await spool.remove();
    }
  }

  private async openDuck(): Promise<Duck> {
    if (this.isClosed) {
      throw new TidemarkError(`The store ${this.root} is closed.`, { code: 'STORE_CLOSED', retryable: false });
    }
    this.duck ??= spoolDirectory(this.options.spoolDirectory).then(async (directory) =>
      Duck.open({
        directories: [this.root],
        spoolDirectory: directory,
        memoryMegabytes: this.options.duckMemoryMegabytes,
      }),
    );
    return this.duck;
  }

  private async doing<T>(what: string, work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      throw systemCode(error) === undefined ? error : storeFailure(`${what} ${this.root}`, error);
    });
  }
}

/** Creates the store's folder, when its own parent exists (a misspelt path must not become one), and the folder within it. */
async function makeFolders(root: string, folder: string): Promise<void> {
  for (const wanted of new Set([root, folder])) {
    await mkdir(wanted).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error;
    });
  }
}
