import { describe, expect, it } from '@jest/globals';
import { batch, define, migrationSite, rowsOf, valueOf } from './support/postgres-migrate.js';

describe('while a table is replaced', () => {
  const site = migrationSite();

  it('its readers go on until it is swapped, and writers wait, so that nothing they write is lost', async () => {
    await batch(site.client, define('busy', { id: 'integer' }), [[1]]);
    let read: unknown;
    let writing: Promise<unknown> | undefined;
    await batch(site.client, define('busy', { id: 'integer', extra: 'text' }), [[2, 'x']], {
      beforeSwap: async () => {
        read = await rowsOf(site.reader, 's.busy');
        writing = site.reader.query('INSERT INTO s.busy VALUES (3)');
        await untilBlocked(1);
      },
    });
    await writing;
    expect(read).toEqual([[1]]);
    expect(await rowsOf(site.reader, 's.busy')).toEqual([
      [1, null],
      [2, 'x'],
      [3, null],
    ]);
  });

  it('a reader that holds it is waited for, others go on meanwhile', async () => {
    await batch(site.client, define('held', { id: 'integer' }), [[1]]);
    await site.client.query('CREATE VIEW s.held_view AS SELECT * FROM s.held');
    const other = await site.database.connect();
    await site.reader.query('BEGIN');
    await rowsOf(site.reader, 's.held_view');
    const swapped = batch(site.client, define('held', { id: 'integer', extra: 'text' }));
    await untilBlocked(1);
    expect(await rowsOf(other, 's.held_view')).toEqual([[1]]);
    await site.reader.query('COMMIT');
    await swapped;
    expect(await rowsOf(other, 's.held')).toEqual([[1, null]]);
  });

  it('a view that somebody makes while the locks are waited for is kept, too', async () => {
    await batch(site.client, define('raced', { id: 'integer' }), [[1]]);
    await site.client.query('CREATE VIEW s.raced_view AS SELECT * FROM s.raced');
    const other = await site.database.connect();
    await site.reader.query('BEGIN');
    await rowsOf(site.reader, 's.raced_view');
    const swapped = batch(site.client, define('raced', { id: 'integer', extra: 'text' }));
    await untilBlocked(1);
    await other.query('CREATE VIEW s.raced_later AS SELECT id + 1 AS next FROM s.raced');
    await site.reader.query('COMMIT');
    await swapped;
    expect(await rowsOf(other, 's.raced_later')).toEqual([[2]]);
    expect(await valueOf(site.client, 'SHOW search_path')).toBe('"$user", public');
  });

  it('a lock timeout of the session ends the wait, and is there again afterwards', async () => {
    await batch(site.client, define('timed', { id: 'integer' }), [[1]]);
    await site.client.query(`SET lock_timeout = '300ms'`);
    await site.reader.query('BEGIN');
    await rowsOf(site.reader, 's.timed');
    await expect(batch(site.client, define('timed', { id: 'integer', extra: 'text' }))).rejects.toMatchObject({
      code: '55P03',
    });
    await site.reader.query('COMMIT');
    await batch(site.client, define('timed', { id: 'integer', extra: 'text' }), [], {
      beforeSwap: async () => expect(await valueOf(site.client, 'SHOW lock_timeout')).toBe('300ms'),
    });
    expect(await valueOf(site.client, 'SHOW lock_timeout')).toBe('300ms');
    expect(await rowsOf(site.reader, 's.timed')).toEqual([[1, null]]);
    await site.client.query('RESET lock_timeout');
  });

  async function untilBlocked(sessions: number): Promise<void> {
    const watcher = await site.database.connect();
    const query = `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`;
    while (Number(await valueOf(watcher, query)) < sessions) await new Promise((resolve) => setTimeout(resolve, 10));
    await watcher.end();
  }
});
