import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ensureSchema } from '../connectors/postgres/migrate/ensure-schema.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

describe('a schema that is missing', () => {
  it('is created once by the transactions that want it at the same time', async () => {
    const wanted = 'Tide "pools"';
    const sessions = await Promise.all(Array.from({ length: 6 }, () => database.connect()));
    for (const [index, session] of sessions.entries()) {
      // Whatever else it needs of the catalogue it knows already: nothing makes it look again.
      await session.query(`CREATE SCHEMA warm_${index}`);
      await session.query('BEGIN');
      // The session remembers now that there is none.
      await session.query('SELECT to_regnamespace($1)', ['"Tide ""pools"""']);
    }
    await Promise.all(
      sessions.map(async (session, index) => {
        await ensureSchema(session, wanted);
        await session.query(`CREATE TABLE "Tide ""pools""".pool_${index} ()`);
        await session.query('COMMIT');
      }),
    );
    const [first] = sessions;
    const found = await first?.query('SELECT FROM pg_tables WHERE schemaname = $1', [wanted]);
    expect(found?.rowCount).toBe(6);
  });
});
