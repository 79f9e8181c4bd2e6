import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { TidemarkError } from '../../../contracts/errors.js';
import type { PostgresTable } from '../../../contracts/postgres-table.js';
import { quoteTable } from '../quote.js';
import { csvPortions } from './csv.js';
import type { CopySource, Portion } from './portion.js';

/** Rows of a DuckDB query: encoded as they come; for a quarantine, which looks at lines, by way of a CSV file. */
export async function* duckPortions(
  query: string,
  table: PostgresTable,
  signal: AbortSignal | undefined,
): AsyncGenerator<Portion> {
  signal?.throwIfAborted();
  const duck = new Duck();
  const file = path.join(tmpdir(), `tidemark-${process.pid}-${randomUUID()}.csv`);
  let spooled: AsyncGenerator<Portion> | undefined;
  const spool = async (): Promise<AsyncGenerator<Portion>> => {
    await writeCsv(await duck.connection, query, table, file);
    return csvPortions(createReadStream(file, { highWaterMark: 256 * 1024 }), table);
  };
  const stop = (): void => duck.interrupt();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    yield {
      table,
      open: async (types, firstRow, isLenient): Promise<CopySource> => {
        if (!isLenient) {
          // DuckDB's library takes 40 MB: only who uses it loads it.
          const { openDuckCopy } = await import('../binary/index.js');
          const copy = await openDuckCopy(await duck.connection, query, types, { table: quoteTable(table), firstRow });
          return { ...copy, chunks: duck.closedAfter(copy.chunks) };
        }
        spooled = await spool();
        const first = await spooled.next();
        // DuckDB writes a header always.
        if (first.done === true) throw new TypeError('a CSV file without a header');
        return await first.value.open(types, firstRow, isLenient);
      },
    };
  } finally {
    signal?.removeEventListener('abort', stop);
    await spooled?.return(undefined);
    await duck.close();
    await rm(file, { force: true });
  }
}

/** An in-memory DuckDB of a portion's own, which opens while the table is made ready. */
class Duck {
  readonly connection: Promise<DuckDBConnection>;
  #open: { instance: DuckDBInstance; connection: DuckDBConnection } | undefined;

  constructor() {
    this.connection = this.#begin();
    // Who wants it is told.
    this.connection.catch(() => undefined);
  }

  interrupt(): void {
    this.#open?.connection.interrupt();
  }

  /** It takes its time to close, which nobody has to wait for as long as the server is at work with the last rows. */
  async *closedAfter(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } finally {
      this.#closeNow();
    }
  }

  async close(): Promise<void> {
    await this.connection.catch(() => undefined);
    this.#closeNow();
  }

  #closeNow(): void {
    this.#open?.connection.closeSync();
    this.#open?.instance.closeSync();
    this.#open = undefined;
  }

  async #begin(): Promise<DuckDBConnection> {
    const { DuckDBInstance } = await import('@duckdb/node-api').catch((error: unknown) => {
      throw new TidemarkError('DuckDB could not be loaded on this system.', {
        code: 'DUCKDB_UNAVAILABLE',
        retryable: false,
        mend: 'Install the package @duckdb/node-bindings for this system, or give CSV or rows.',
        cause: error,
      });
    });
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    this.#open = { instance, connection };
    await connection.run(`SET TimeZone = 'UTC'`);
    return connection;
  }
}

async function writeCsv(
  connection: DuckDBConnection,
  query: string,
  table: PostgresTable,
  file: string,
): Promise<void> {
  try {
    await connection.run(`COPY (${query}) TO '${file.replaceAll("'", "''")}' (FORMAT csv, HEADER true, NULLSTR '')`);
  } catch {
    // DuckDB's messages quote values of rows.
    throw new TidemarkError(`The DuckDB query for table ${quoteTable(table)} failed.`, {
      code: 'DUCKDB_FAILED',
      retryable: false,
      mend: 'Try it in DuckDB.',
    });
  }
}
