import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { DeployedTable } from './catalog.js';
import { Limiter } from './limiter.js';

/** A text as an SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Live columns, in display order: those that are stored, imported and exported. */
export function storedColumns(table: DeployedTable) {
  return table.columns.filter((column) => !column.deleted);
}

/** Name of the table that holds every version of a deployed table's records. */
export function versionsTable(table: DeployedTable): string {
  return `versions_${table.id}`;
}

/**
 * DuckDB in a folder of its own that goes when the sandbox closes. Every version of every record is a row there: a
 * million records cost disk, not objects. User columns are text, kept exactly as the file spelled them.
 */
export class Storage {
  /** Jobs at a time: DuckDB's calls occupy threads of libuv's pool (4), and files must go on being served. */
  private readonly jobs = new Limiter(2);
  private readonly writer = new Limiter(1);
  private readonly connections = new Set<DuckDBConnection>();
  private readonly inUse = new Set<Promise<unknown>>();
  private closed = false;

  private constructor(
    readonly directory: string,
    private readonly instance: DuckDBInstance,
  ) {}

  static async open(parent: string = tmpdir()): Promise<Storage> {
    await mkdir(parent, { recursive: true });
    const directory = await mkdtemp(join(parent, 'tidemark-sandbox-'));
    try {
      const instance = await DuckDBInstance.create(join(directory, 'records.duckdb'), {
        temp_directory: join(directory, 'spill'),
        // Rows keep the order of the file, so that exports repeat it without sorting.
        preserve_insertion_order: 'true',
        // A checkpoint in the middle of a small import would stall it; close() throws the file away anyway.
        checkpoint_threshold: '1GB',
        // Looking for the best compression takes longer than writing the rows as they are.
        force_compression: 'uncompressed',
      });
      return new Storage(directory, instance);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Path of a file of the sandbox: uploads and exports. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** Runs work on a connection of its own: temporary tables and transactions stay apart. */
  async withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    const running = this.jobs.run(async () => {
      if (this.closed) throw new Error('the sandbox is closed');
      const connection = await this.instance.connect();
      this.connections.add(connection);
      try {
        return await work(connection);
      } finally {
        this.connections.delete(connection);
        connection.closeSync();
      }
    });
    this.inUse.add(running);
    try {
      return await running;
    } finally {
      this.inUse.delete(running);
    }
  }

  /** One transaction at a time writes: no conflicts, and the timestamps of commits never cross. */
  async transaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
    return this.writer.run(() => asTransaction(connection, work));
  }

  /** All that is read in it is as one moment left it, whatever is committed meanwhile; it waits for no writer. */
  async snapshot<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
    return asTransaction(connection, work);
  }

  /** Makes the tables that do not exist yet, before the transaction that needs them: readers must find them. */
  async ensureTables(connection: DuckDBConnection, tables: readonly DeployedTable[]): Promise<void> {
    const missing = tables.filter((table) => !table.stored);
    if (missing.length === 0) return;
    await this.transaction(connection, async () => {
      for (const table of missing) await connection.run(createVersionsTable(table));
    });
    for (const table of missing) table.stored = true;
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const connection of this.connections) connection.interrupt();
    // What was interrupted must have let go of its connection before the file can be closed.
    await Promise.allSettled(this.inUse);
    this.instance.closeSync();
    // Uploads that were cut off may still be closing their files.
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

async function asTransaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN');
  try {
    const result = await work();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    await connection.run('ROLLBACK').catch(() => {
      // The first error is the one that matters: DuckDB has already given the transaction up.
    });
    throw error;
  }
}

/** `applied` counts how often an import touched the record, whether it changed it or not: the proof of "exactly once". */
function createVersionsTable(table: DeployedTable): string {
  const user = storedColumns(table).map((column) => `${column.stored} VARCHAR`);
  return `CREATE TABLE IF NOT EXISTS ${versionsTable(table)} (${user.join(', ')}, sk BIGINT, record_id BIGINT,
    is_current BOOLEAN, is_deleted BOOLEAN, created_at VARCHAR, effective_to VARCHAR, actor_type VARCHAR,
    actor_id VARCHAR, tran_code VARCHAR, applied INTEGER)`;
}

/** The rows of a query as objects with DuckDB's JSON spelling: 64-bit integers are text. */
export async function queryRows(connection: DuckDBConnection, sql: string): Promise<Record<string, unknown>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

/** The one number of a query with one row and one column. */
export async function queryNumber(connection: DuckDBConnection, sql: string): Promise<number> {
  const [row] = (await connection.runAndReadAll(sql)).getRowsJson();
  return Number(row?.[0] ?? 0);
}
