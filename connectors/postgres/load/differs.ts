import type { ClientBase } from 'pg';
import { quoteName } from '../quote.js';

/**
 * Types of a fixed length, whose values are compared in a few instructions. First those that say when a row was changed, and so most likely differ where
 * the row does.
 */
const QUICK_TYPES = 'timestamptz timestamp date int8 int4 int2 float8 float4 uuid bool'
  .split(' ')
  .map((type) => `pg_catalog.${type}`);
/** More would cost rows that are the same more than it spares the others. */
const MOST_QUICK_COLUMNS = 2;

/**
 * `*<>` compares the bytes of records: right for types without an equality (json, point), and 1.0 is not 1.00. Cast, since two plain
 * ROW() would be compared column by column. Key columns are among them: keys that are equal can be spelt differently (numeric, citext).
 *
 * Making two records takes longer than comparing them. Where values of `quick` columns are not equal, their bytes are not either, and no
 * record is made; where they are equal, or null, the records decide.
 */
export function differs(columns: readonly string[], quick: readonly string[]): string {
  const row = (of: string): string => `ROW(${columns.map((column) => `${of}.${column}`).join(', ')})::record`;
  const unequal = quick.map((column) => `target.${column} OPERATOR(pg_catalog.<>) staged.${column}`);
  return `(${[...unequal, `${row('target')} OPERATOR(pg_catalog.*<>) ${row('staged')}`].join(' OR ')})`;
}

/** Quoted names of the columns to compare first; of `names`, which are not quoted. */
export async function quickColumns(client: ClientBase, target: string, names: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname::text AS name
     FROM pg_catalog.pg_attribute JOIN unnest($3::regtype[]) WITH ORDINALITY AS quick (type, place) ON type = atttypid
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname::text = ANY($2)
     ORDER BY place, attnum LIMIT ${MOST_QUICK_COLUMNS}`,
    [target, names, QUICK_TYPES],
  );
  return rows.map(({ name }) => quoteName(name));
}
