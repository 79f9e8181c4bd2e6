import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type pg from 'pg';
import { copyText, describeQuery, openDuckCopy, type DuckCopy } from '../../connectors/postgres/binary/index.js';
import { copyIn } from '../../connectors/postgres/copy.js';
import { readColumnTypes } from '../../connectors/postgres/encode/column-types.js';
import { quoteName } from '../../connectors/postgres/quote.js';
import { openDatabase } from './postgres.js';

/** A database and a DuckDB, whose queries' rows are copied from one to the other. */
export interface DuckCopySetting {
  client: pg.Client;
  connection: DuckDBConnection;
  /** Copies into a table `t` of these columns, made anew. */
  copy: (columns: string, query: string) => Promise<{ format: DuckCopy['format']; rows: number }>;
  /** The same as text, whatever the types. */
  copyAsText: (columns: string, query: string) => Promise<number>;
  /** Rows of `t`, each value as its text, in the order of arrival. */
  texts: () => Promise<(string | null)[][]>;
  close: () => Promise<void>;
}

export async function openDuckCopySetting(): Promise<DuckCopySetting> {
  const database = await openDatabase();
  const client = await database.connect();
  await client.query(`SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'; SET DateStyle = 'ISO'`);
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '500MB', threads: '2' });
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  const types = async (columns: string) => {
    await client.query(`DROP TABLE IF EXISTS t; CREATE TABLE t (${columns})`);
    return readColumnTypes(client, { schema: 'public', name: 't' });
  };
  const send = (names: readonly string[], format: string, chunks: AsyncIterable<Uint8Array>): Promise<number> =>
    copyIn(client, `COPY t (${names.map((name) => quoteName(name)).join(', ')}) FROM STDIN WITH (${format})`, chunks);
  return {
    client,
    connection,
    copy: async (columns, query) => {
      const source = await openDuckCopy(connection, query, await types(columns), { table: 't' });
      return { format: source.format, rows: await send(source.columns, source.format, source.chunks) };
    },
    copyAsText: async (columns, query) => {
      const target = await types(columns);
      const found = await describeQuery(connection, query, 't');
      const names = found.map(({ name }) => name);
      return send(names, 'FORMAT text', copyText(connection, query, target, found, { table: 't' }));
    },
    texts: async () => {
      const { rows: columns } = await client.query<{ name: string }>(
        `SELECT attname AS name FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum`,
      );
      const list = columns.map(({ name }) => `${quoteName(name)}::text`).join(', ');
      const { rows } = await client.query<(string | null)[]>({ text: `SELECT ${list} FROM t`, rowMode: 'array' });
      return rows;
    },
    close: async () => {
      connection.closeSync();
      instance.closeSync();
      await database.close();
    },
  };
}
