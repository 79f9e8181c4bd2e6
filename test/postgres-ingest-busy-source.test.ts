import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type PostgresTable } from '../connectors/postgres/index.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

const table: PostgresTable = { schema: 'busy', name: 'rows', columns: [{ name: 'id', type: 'bigint' }] };

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.close());

/** Rows that are at hand for ever: whoever waits for nothing else never waits. */
function* endless() {
  for (let id = 0; ; id += 1) yield [table, [id]] as const;
}

describe('a source that never waits', () => {
  it('leaves timers their turn: an abort is heard, and its batch is rolled back', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const timer = setTimeout(() => controller.abort(reason), 200);
    const run = ingest({ url: database.url }, [table], () => [{ highWatermark: 1, rows: endless() }], {
      signal: controller.signal,
    });
    await expect(run).rejects.toBe(reason);
    clearTimeout(timer);
    const client = await database.connect();
    const { rows } = await client.query(`SELECT to_regclass('busy.rows') AS name`);
    await client.end();
    expect(rows).toEqual([{ name: null }]);
  });
});
