import { expect } from '@jest/globals';
import {
  isPostgresFailure,
  postgresFailure,
  type FailureContext,
  type PostgresError,
} from '../../connectors/postgres/errors.js';
import { databaseOfFile, type DatabaseOfFile } from './database-of-file.js';
import { refusalOf, SECRET_VALUE } from './told-of.js';

export interface PostgresFailures extends DatabaseOfFile {
  /** Runs what must fail, and tells what became of the driver's error, which is checked to hold no value of a row. */
  failureOf: (work: () => Promise<unknown>, context?: FailureContext) => Promise<PostgresError>;
}

/** A database for one test file, and what its errors become. */
export function postgresFailures(): PostgresFailures {
  const site = databaseOfFile();
  const failureOf: PostgresFailures['failureOf'] = async (work, context = { doing: 'copying rows' }) =>
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
    );
  return Object.assign(site, { failureOf });
}
