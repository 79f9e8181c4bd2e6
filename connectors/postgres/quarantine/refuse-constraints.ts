import type { ClientBase } from 'pg';
import { quoteName, quoteTable } from '../quote.js';
import { caseOf, move, temporaryName, type Refusing, type Staged } from './staged.js';

/**
 * Moves rows that break a CHECK constraint of the live table. To be called when all values fit. Columns that the source leaves out are taken
 * for NULL.
 */
export async function refuseByConstraints(client: ClientBase, staged: Staged, to: Refusing): Promise<number> {
  const { columns, staging, texts } = staged;
  const { rows: constraints } = await client.query<{
    name: string;
    expression: string;
    absent: { name: string; type: string }[];
  }>(CONSTRAINTS, [quoteTable(to.constraintsOf), columns.map(({ name }) => name)]);
  if (constraints.length === 0) return 0;
  const typed = columns.map(({ name, type }, index) => `${texts[index]}::${type} AS ${quoteName(name)}`);
  const absent = (constraints[0]?.absent ?? []).map(({ name, type }) => `NULL::${type} AS ${quoteName(name)}`);
  const number = unusedName([...columns, ...(constraints[0]?.absent ?? [])].map(({ name }) => name));
  const refused = temporaryName();
  const { rowCount } = await client.query(`
    CREATE TEMPORARY TABLE ${refused} ON COMMIT DROP AS
    SELECT ${number} AS n, k, NULL::text AS state
    FROM (SELECT ${number}, ${caseOf(constraints.map(({ expression }, index) => `WHEN NOT (${expression}) THEN ${index}`))} AS k
      FROM (SELECT n AS ${[number, ...typed, ...absent].join(', ')} FROM ${staging} OFFSET 0) AS typed OFFSET 0) AS looked_at
    WHERE k IS NOT NULL`);
  const reasons = constraints.map(({ name }, k) => ({
    k,
    state: null,
    column: null,
    code: 'POSTGRES_CONSTRAINT',
    reason: `a row breaks the constraint ${JSON.stringify(name)}`,
  }));
  if (rowCount !== 0) await move(client, staged, to, refused, reasons);
  await client.query(`DROP TABLE pg_temp.${refused}`);
  return rowCount ?? 0;
}

// Expressions over one table name its columns without the table. NOT ENFORCED came with PostgreSQL 18: as JSON a column that is missing
// is null.
const CONSTRAINTS = `
SELECT conname::text AS name, pg_get_expr(conbin, conrelid) AS expression, coalesce((
  SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod)))
  FROM pg_catalog.pg_attribute
  WHERE attrelid = conrelid AND attnum > 0 AND NOT attisdropped AND attname::text <> ALL ($2::text[])), '[]'::json) AS absent
FROM pg_catalog.pg_constraint AS c
WHERE conrelid = to_regclass($1) AND contype = 'c' AND (to_jsonb(c) ->> 'conenforced') IS DISTINCT FROM 'false'
ORDER BY conname`;

function unusedName(names: readonly string[]): string {
  let name = 'n';
  while (names.includes(name)) name += 'n';
  return name;
}
