import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { batch, define, migrationSite } from './support/postgres-migrate.js';

const READERS = 200;

describe('under 200 parallel readers of two views', () => {
  const site = migrationSite();
  const sessions: pg.Client[] = [];

  beforeAll(async () => {
    for (let number = 0; number < READERS; number += 1) sessions.push(await site.database.connect());
  }, 120_000);
  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.end()));
  });

  it('no reader ever misses a view or sees the two disagree while the table is migrated [acceptance 42]', async () => {
    const rows = Array.from({ length: 20 }, (_, id) => [id]);
    await batch(site.client, define('watched', { id: 'integer' }), rows);
    await site.client.query(
      `CREATE VIEW s.first_view AS SELECT id FROM s.watched; CREATE VIEW s.second_view AS SELECT id FROM s.watched`,
    );
    // Half of them name the views in the other order: they take their locks in the other order, too.
    const queries = ['first_view f FULL JOIN s.second_view', 'second_view f FULL JOIN s.first_view'].map(
      (joined) =>
        `SELECT count(*)::int AS rows, count(*) FILTER (WHERE f.id IS NULL OR o.id IS NULL)::int AS alone FROM s.${joined} o USING (id)`,
    );
    let isOver = false;
    const looks = sessions.map(() => 0);
    const seen = new Map<string, number>();
    const read = async (session: pg.Client, number: number): Promise<void> => {
      while (!isOver) {
        const found = await session.query<{ rows: number; alone: number }>(queries[number % 2]!);
        const { rows: count, alone } = found.rows[0]!;
        const key = `${count} rows, ${alone} in one view only`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        looks[number]! += 1;
      }
    };
    // One that fails ends the test, not only itself.
    const reading = sessions.map((session, number) =>
      read(session, number).finally(() => {
        isOver = true;
      }),
    );
    const everybodyLooks = async (): Promise<void> => {
      const start = [...looks];
      while (!isOver && looks.some((count, number) => count === start[number]))
        await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const working = (async () => {
      await everybodyLooks();
      await batch(site.client, define('watched', { id: 'integer', extra: 'text' }), [[100, 'new']]);
      await everybodyLooks();
      await batch(site.client, define('watched', { id: 'integer', extra: 'text', more: 'text' }), [[101, 'new', null]]);
      await everybodyLooks();
    })().finally(() => {
      isOver = true;
    });
    await Promise.all([working, ...reading]);
    expect([...seen.keys()].sort()).toEqual([
      '20 rows, 0 in one view only',
      '21 rows, 0 in one view only',
      '22 rows, 0 in one view only',
    ]);
  }, 240_000);
});
