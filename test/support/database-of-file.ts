import { afterAll, beforeAll } from '@jest/globals';
import type { Client } from 'pg';
import { openDatabase, type TestDatabase } from './postgres.js';

export interface DatabaseOfFile {
  readonly database: TestDatabase;
  /** A session of it. */
  readonly client: Client;
}

/** A database for one test file: there while its tests run. */
export function databaseOfFile(): DatabaseOfFile {
  let open: { database: TestDatabase; client: Client } | undefined;
  beforeAll(async () => {
    const database = await openDatabase();
    open = { database, client: await database.connect() };
  });
  afterAll(() => open?.database.close());
  const opened = (): { database: TestDatabase; client: Client } => {
    if (open === undefined) throw new Error('the database is there only during tests');
    return open;
  };
  return {
    get database() {
      return opened().database;
    },
    get client() {
      return opened().client;
    },
  };
}
