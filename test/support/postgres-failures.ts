import { afterAll, beforeAll, expect } from '@jest/globals';
import type { Client } from 'pg';
import {
  isPostgresFailure,
  postgresFailure,
  type FailureContext,
  type PostgresError,
} from '../../connectors/postgres/errors.js';
import { openDatabase, type TestDatabase } from './postgres.js';
import { refusalOf, SECRET_VALUE } from './told-of.js';

export interface PostgresFailures {
  database: TestDatabase;
  client: Client;
  /** Runs what must fail, and tells what became of the driver's error, which is checked to hold no value of a row. */
  failureOf: (work: () => Promise<unknown>, context?: FailureContext) => Promise<PostgresError>;
}

/** A database for one test file, and what its errors become. */
export function postgresFailures(): PostgresFailures {
  let database: TestDatabase | undefined;
  let client: Client | undefined;
  beforeAll(async () => {
    database = await openDatabase();
    client = await database.connect();
  });
  afterAll(() => database?.close());
  const site: PostgresFailures = {
    get database() {
      if (database === undefined) throw new Error('the database is there only during tests');
      return database;
    },
    get client() {
      if (client === undefined) throw new Error('the session is there only during tests');
      return client;
    },
    failureOf: async (work, context = { doing: 'copying rows' }) =>
      refusalOf(
        async () => {
          try {
            await work();
          } catch (error) {
            expect(isPostgresFailure(error)).toBe(true);
            throw postgresFailure(error, context);
          }
        },
        new URL(site.database.url).password || SECRET_VALUE,
      ),
  };
  return site;
}
