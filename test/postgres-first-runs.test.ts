import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { ingest, Postgres } from '../connectors/postgres/index.js';
import { refused } from './support/postgres-store.js';
import { openDatabase } from './support/postgres.js';

it('lets one of two first runs commit, though both have found no table when they began', async () => {
  const database = await openDatabase();
  const client = await database.connect();
  // One session each: the one that waits for the lock is the one that has found no table.
  const [one, other] = [0, 1].map(() => new Postgres({ url: database.url, maxConnections: 1 })) as [Postgres, Postgres];
  const table = { schema: 'landing', name: 'first', columns: [{ name: 'id', type: 'integer' }] };
  const batches = () => [{ highWatermark: 1, rows: [[table, [1]] as const] }];
  const isWaiting = async (): Promise<boolean> => {
    const { rows } = await client.query(`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
    return rows.length > 0;
  };
  try {
    let second: Promise<unknown> = Promise.resolve();
    await ingest(one, [table], batches, {
      onBeforeVisible: async () => {
        second = refused(ingest(other, [table], batches));
        while (!(await isWaiting())) await sleep(20);
      },
    });
    expect(await second).toMatchObject({ code: 'HIGH_WATERMARK_MOVED' });
    expect((await client.query('SELECT id FROM landing.first')).rows).toEqual([{ id: 1 }]);
  } finally {
    await one.close();
    await other.close();
    await database.close();
  }
});
