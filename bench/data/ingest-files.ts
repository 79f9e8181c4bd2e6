import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { GENERATION, oneTable, SEED, writeOnce } from './files.js';
import { poolFrom, pooledChunks } from './pool.js';
import { csvChunks, csvParts, FIRST_ID } from './rows.js';

/** Batches of the case that has many. */
const PARTS = 100;
/** The batch that comes onto a large table is one row for this many. */
const DELTA_SHARE = 100;

/** Files that a case moves, in their order. */
export interface IngestFiles {
  folder: string;
  /** Which files of the folder, as a glob over their names. */
  pattern: string;
  paths: string[];
  /** Of the CSV, whatever the format: the same rows count the same. */
  bytes: number;
  rows: number;
  /** Distinct rows, for the sources that yield values: a file of JSON. */
  pool?: string;
}

/** What the cases of `ingest` move, made once and kept in `root`. */
export class IngestData {
  private readonly folder: string;

  constructor(
    private readonly root: string,
    private readonly rows: number,
  ) {
    this.folder = path.join(root, `generation-${GENERATION}`, `ingest-${rows}`);
  }

  /** One CSV file of all rows: that of the other benchmarks. */
  async csv(): Promise<IngestFiles> {
    const { folder, files, bytes } = await oneTable(this.root, this.rows);
    const paths = files.map((file) => file.path);
    return { folder, pattern: path.basename(paths[0] ?? ''), paths, bytes, rows: this.rows };
  }

  /** The same rows as Parquet, each column with its type. */
  async parquet(): Promise<IngestFiles> {
    const csv = await this.csv();
    const file = await this.make('rows.parquet', (target) => writeParquet(csv.paths[0] ?? '', target));
    return { ...this.one(file), bytes: csv.bytes };
  }

  /** The same keys, every row with other values. */
  async changed(): Promise<IngestFiles> {
    const file = await this.make('changed.csv', (target) => writeOnce(target, csvChunks(this.rows, SEED + 1)));
    return { ...this.one(file), bytes: (await stat(file)).size };
  }

  /** The rows of the CSV in many files. */
  async parts(): Promise<IngestFiles> {
    const parts = Math.min(PARTS, this.rows);
    const name = (part: number): string => `part-${String(part + 1).padStart(3, '0')}.csv`;
    const folder = path.join(this.folder, 'parts');
    const paths = Array.from({ length: parts }, (_, part) => path.join(folder, name(part)));
    const complete = path.join(folder, 'complete');
    if (!existsSync(complete)) {
      await mkdir(folder, { recursive: true });
      let part = 0;
      for (const chunks of csvParts(this.rows, SEED, parts)) {
        await writeOnce(path.join(folder, name(part)), chunks);
        part += 1;
      }
      await writeFile(complete, '');
    }
    const sizes = await Promise.all(paths.map(async (file) => (await stat(file)).size));
    return { folder, pattern: 'part-*.csv', paths, bytes: sizes.reduce((sum, size) => sum + size, 0), rows: this.rows };
  }

  /** A small batch for the full table: half of its rows are there and get other values, half are new. */
  async delta(): Promise<IngestFiles> {
    const rows = Math.max(2, Math.round(this.rows / DELTA_SHARE));
    const old = Math.floor(rows / 2);
    // Those that are there lie all over the table, new ones at its end.
    const idOf = (row: number): number =>
      FIRST_ID + (row < old ? Math.floor((row * this.rows) / old) : this.rows + row - old);
    const file = await this.make('delta.csv', (target) => writeOnce(target, csvChunks(rows, SEED + 2, idOf)));
    return { ...this.one(file), rows, bytes: (await stat(file)).size };
  }

  /** Few distinct rows under ever new keys: what yields them as values costs next to nothing. The CSV holds the same. */
  async pooled(): Promise<IngestFiles> {
    const pool = await this.make('pool.json', async (target) => {
      const temporary = `${target}.${process.pid}`;
      await writeFile(temporary, JSON.stringify(await poolFrom((await this.csv()).paths[0] ?? '')));
      await rename(temporary, target);
    });
    const file = await this.make('pooled.csv', async (target) =>
      writeOnce(target, pooledChunks(await readFile(pool, 'utf8'), this.rows)),
    );
    return { ...this.one(file), bytes: (await stat(file)).size, pool };
  }

  private one(file: string): Omit<IngestFiles, 'bytes'> {
    return { folder: this.folder, pattern: path.basename(file), paths: [file], rows: this.rows };
  }

  private async make(name: string, write: (target: string) => Promise<void>): Promise<string> {
    const file = path.join(this.folder, name);
    if (!existsSync(file)) {
      await mkdir(this.folder, { recursive: true });
      await write(file);
    }
    return file;
  }
}

async function writeParquet(csv: string, target: string): Promise<void> {
  const temporary = `${target}.${process.pid}`;
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
  try {
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(
      `COPY (
         SELECT id::BIGINT AS id, note, amount::DECIMAL(15,6) AS amount, changed_at::TIMESTAMPTZ AS changed_at,
                active::BOOLEAN AS active, name, attributes
         FROM read_csv(${text(csv)}, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"',
                       nullstr = '', allow_quoted_nulls = false, parallel = false)
       ) TO ${text(temporary)} (FORMAT parquet, USE_TMP_FILE false)`,
    );
    await rename(temporary, target);
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(temporary, { force: true });
  }
}
