import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import { TidemarkError, type ErrorInfo } from '../../contracts/errors.js';
import type { TableStore, WriteOptions, WrittenTable } from '../../connectors/tables/index.js';
import { Postgres } from '../../connectors/postgres/client.js';
import type { PostgresOptions } from '../../connectors/postgres/options.js';
import { PostgresStore, type PostgresStoreOptions } from '../../connectors/postgres/store/index.js';
import { openDatabase, type TestDatabase } from './postgres.js';

/** A store in a database of its own. */
export interface TestStore {
  store: PostgresStore;
  database: TestDatabase;
  postgres: Postgres;
  /** A session beside the store's. */
  client: pg.Client;
  /** Another store on the same database. */
  another: (options: Partial<PostgresStoreOptions>) => PostgresStore;
  /** Another store, with sessions of its own. */
  as: (options: Partial<PostgresOptions>) => PostgresStore;
  close: () => Promise<void>;
}

export async function openTestStore(options: Partial<PostgresStoreOptions> = {}): Promise<TestStore> {
  const database = await openDatabase();
  const postgres = new Postgres({ url: database.url });
  const others: Postgres[] = [];
  const another = (more: Partial<PostgresStoreOptions>): PostgresStore =>
    new PostgresStore({ database: postgres, schema: 'rdm', ...options, ...more });
  return {
    store: another({}),
    database,
    postgres,
    client: await database.connect(),
    another,
    as: (more) => {
      const own = new Postgres({ url: database.url, ...more });
      others.push(own);
      return another({ database: own });
    },
    close: async () => {
      await Promise.all(others.map((each) => each.close()));
      await postgres.close();
      await database.close();
    },
  };
}

export function put(
  store: TableStore,
  table: string,
  csv: string,
  options: Partial<WriteOptions> = {},
): Promise<WrittenTable> {
  return store.write(table, Readable.from([Buffer.from(csv)]), { mode: 'replace', ...options });
}

/** The CSV that `read` gives, with its rows sorted: their order is nobody's promise. */
export async function got(store: TableStore, table: string): Promise<string | undefined> {
  const csv = await store.read(table);
  return csv === undefined ? undefined : sorted(await text(csv.stream));
}

/** Rows without line breaks in them. */
export function sorted(csv: string): string {
  const [header = '', ...rows] = csv.trimEnd().split('\n');
  return [header, ...rows.sort()].join('\n');
}

export const CUSTOMER_COLUMNS = [
  { name: 'code', dataType: 'varchar', primaryKey: true },
  { name: 'name', dataType: 'varchar' },
  { name: 'zip', dataType: 'varchar' },
] as const;

/** The error that a call ends with, as machines see it; fails the test when it succeeds. */
export async function refused(call: Promise<unknown>): Promise<ErrorInfo> {
  try {
    await call;
  } catch (error) {
    if (error instanceof TidemarkError) return error.toInfo();
    throw error;
  }
  throw new Error('it succeeded, a refusal was expected');
}
