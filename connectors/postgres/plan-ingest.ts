import type { PostgresTable } from '../../contracts/postgres-table.js';
import { quoteTable } from './quote.js';
import type { Postgres, UseOptions } from './client.js';
import { failureOf } from './failure-of.js';
import { planMigration, readShape, wantedShape, type MigrationPlan } from './migrate/index.js';
import { readWatermark, type StoredWatermark } from './watermark/store.js';

export interface IngestPlan {
  /** What the first table says of what has arrived. */
  stored: StoredWatermark;
  /** One per table, in the order of the call: what the first batch would do to it. */
  tables: MigrationPlan[];
}

/**
 * What an ingest would find and do, changing nothing: all is looked at in a transaction that is rolled back.
 * @throws TidemarkError POSTGRES_DEFINITION for a definition that the server does not accept, and those of PostgreSQL.
 */
export function planIngest(
  postgres: Postgres,
  tables: readonly PostgresTable[],
  { deleteFirst = false, signal }: UseOptions & { deleteFirst?: boolean } = {},
): Promise<IngestPlan> {
  return postgres.use(
    async (client) => {
      await client.query('BEGIN');
      const plans: MigrationPlan[] = [];
      for (const table of tables) {
        try {
          const wanted = await wantedShape(client, table);
          plans.push(planMigration(await readShape(client, table), wanted, { deleteFirst }));
        } catch (error) {
          throw failureOf(error, `looking at ${quoteTable(table)}`, table);
        }
      }
      await client.query('ROLLBACK');
      const [first] = tables;
      const stored = first === undefined ? { value: null, marker: null } : await readWatermark(client, first);
      return { stored, tables: plans };
    },
    { signal },
  );
}
