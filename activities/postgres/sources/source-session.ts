import type { Client, QueryResult, QueryResultRow } from 'pg';
import { columnTypes, type ColumnType } from '../../../connectors/postgres/column-types.js';
import { copyOut } from '../../../connectors/postgres/copy.js';
import { postgresFailure } from '../../../connectors/postgres/errors.js';
import type { Postgres } from '../../../connectors/postgres/client.js';

/** What a value looks like in text must not depend on how the role is set up. No digit of a watermark is lost. */
const SETTINGS = `SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex'; SET extra_float_digits = 1`;

/**
 * A session that only reads. It is none of the pool's: a run that holds a session of the pool for its target would wait for another
 * one, and as many such runs as the pool has sessions would wait for ever.
 */
export class SourceSession {
  private constructor(
    private readonly client: Client,
    private readonly stopListening: () => void,
  ) {}

  static async open(database: Postgres, signal: AbortSignal): Promise<SourceSession> {
    signal.throwIfAborted();
    const client = await database.connectAside().catch((error: unknown) => {
      throw postgresFailure(error, { doing: 'connecting to the source' });
    });
    const abort = (): void => {
      // In the middle of a query this closes the connection, and the query fails.
      client.end().catch(() => undefined);
    };
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const session = new SourceSession(client, () => signal.removeEventListener('abort', abort));
    await session.run(SETTINGS);
    return session;
  }

  /** Begins a transaction that sees one state of the source to its end. */
  begin(): Promise<void> {
    return this.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  }

  commit(): Promise<void> {
    return this.run('COMMIT');
  }

  /** The one value of a query, as text. */
  async text(sql: string): Promise<string | null> {
    const { rows } = await this.ask<{ value: string | null }>(`SELECT (${sql})::text AS value`);
    return rows[0]?.value ?? null;
  }

  /** Columns of what stands behind FROM, by name. */
  columnsOf(relation: string): Promise<Map<string, ColumnType>> {
    return columnTypes((sql) => this.ask(sql), relation);
  }

  /** The rows of a query as CSV with a header, as they come from the server. */
  async *copy(select: string): AsyncGenerator<Uint8Array> {
    const stream = copyOut(this.client, `COPY (${select}) TO STDOUT (FORMAT csv, HEADER true, ENCODING 'UTF8')`);
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
    } catch (error) {
      throw postgresFailure(error, { doing: 'reading the source' });
    }
  }

  /** Ends the session, whatever it is doing. */
  async close(): Promise<void> {
    this.stopListening();
    // One that has failed has nothing left to end.
    await this.client.end().catch(() => undefined);
  }

  private async run(sql: string): Promise<void> {
    await this.ask(sql);
  }

  private async ask<Row extends QueryResultRow>(sql: string): Promise<QueryResult<Row>> {
    try {
      return await this.client.query<Row>(sql);
    } catch (error) {
      throw postgresFailure(error, { doing: 'reading the source' });
    }
  }
}
