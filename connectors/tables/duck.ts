import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { TidemarkError } from '../../contracts/errors.js';
import { removeSpoolPath, spoolPath } from './spool.js';

export interface DuckOptions {
  /** The only folders whose files DuckDB may touch. */
  directories: readonly string[];
  /** Where it puts what does not fit into its memory. One of `directories` too. */
  spoolDirectory: string;
  memoryMegabytes: number;
}

/** An embedded DuckDB that sees certain folders and nothing else: no network, no extensions, no change of its settings. */
export class Duck {
  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly temporary: string,
  ) {}

  /** Loads DuckDB (about 40 MB of memory), so only who needs it pays for it. */
  static async open({ directories, spoolDirectory, memoryMegabytes }: DuckOptions): Promise<Duck> {
    const { DuckDBInstance } = await import('@duckdb/node-api').catch((error: unknown) => {
      throw new TidemarkError(
        'DuckDB, which reads and writes Parquet and compares tables, could not be loaded on this system.',
        {
          code: 'DUCKDB_UNAVAILABLE',
          retryable: false,
          mend: 'Install the package @duckdb/node-bindings for this system, or use CSV files and patterns other than auto.',
          cause: error,
        },
      );
    });
    const temporary = spoolPath(spoolDirectory, 'duckdb');
    const instance = await DuckDBInstance.create(':memory:', {
      // Two threads feed a disk; each one more costs memory that the limit does not cover.
      threads: '2',
      memory_limit: `${memoryMegabytes}MB`,
      temp_directory: temporary,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const duck = new Duck(instance, temporary);
    // A folder whose own name looks like a pattern is asked for in the form of `exactPath`.
    const folders = [...directories, spoolDirectory]
      .flatMap((folder) => [quoted(folder), exactPath(folder)])
      .join(', ');
    // In this order: after the second no folder can be added, after the third no setting can be changed.
    await duck.run(`SET GLOBAL TimeZone = 'UTC'`);
    await duck.run(`SET allowed_directories = [${folders}]`);
    await duck.run('SET enable_external_access = false');
    await duck.run('SET lock_configuration = true');
    return duck;
  }

  /** Runs one statement; the rows as JSON would spell them. `doing` names it in errors, which hold nothing of what DuckDB said. */
  async run(sql: string, doing = 'Setting up DuckDB', signal?: AbortSignal): Promise<unknown[][]> {
    signal?.throwIfAborted();
    const connection = await this.instance.connect();
    const stop = (): void => interrupt(connection);
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return (await connection.runAndReadAll(sql)).getRowsJson();
    } catch (error) {
      signal?.throwIfAborted();
      throw duckFailure(doing, error);
    } finally {
      signal?.removeEventListener('abort', stop);
      connection.closeSync();
    }
  }

  async close(): Promise<void> {
    this.instance.closeSync();
    await removeSpoolPath(this.temporary);
  }
}

function interrupt(connection: DuckDBConnection): void {
  connection.interrupt();
}

/** DuckDB's messages quote values of rows: only their kind is kept. */
function duckFailure(doing: string, error: unknown): TidemarkError {
  const [, kind = 'Unknown'] =
    /^(?:Error: )?([A-Z][\w ]{0,40}?) Error:/u.exec(error instanceof Error ? error.message : '') ?? [];
  const isMemory = kind === 'Out of Memory';
  const isFile = kind === 'IO';
  return new TidemarkError(`${doing} failed in DuckDB: ${kind} error.`, {
    code: isMemory ? 'DUCKDB_OUT_OF_MEMORY' : 'DUCKDB_FAILED',
    retryable: isMemory || isFile,
    mend: isMemory
      ? 'Give it more with duckMemoryMegabytes.'
      : 'Look whether the file is whole and of the format that its name says.',
  });
}

/** A text as an SQL literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A path as an SQL literal for functions that would read `*`, `?` and `[` as a pattern. */
export function exactPath(path: string): string {
  return quoted(path.replaceAll(/[*?[\]]/gu, '[$&]'));
}
