import type pg from 'pg';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import type { TableContent } from './check.js';

/** What the tables hold, in their order. */
export async function contentOf(database: pg.Client, tables: readonly PostgresTable[]): Promise<TableContent[]> {
  const each = tables.map(
    ({ schema, name }, index) =>
      `SELECT ${index} AS place, count(*)::int AS rows, count(DISTINCT (batch, number))::int AS "distinct",
        count(DISTINCT batch)::int AS batches,
        (count(*) FILTER (WHERE note IS DISTINCT FROM format('${name} %s/%s', batch, number)))::int AS wrong
      FROM ${schema}.${name}`,
  );
  const { rows } = await database.query<TableContent>(`${each.join(' UNION ALL ')} ORDER BY place`);
  return rows;
}
