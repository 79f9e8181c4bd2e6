import type { ColumnType } from '../encode/column-types.js';
import { quoteName } from '../quote.js';

/**
 * Types of a fixed length, whose values are compared in a few instructions. First those that say when a row was changed, and so most
 * likely differ where the row does.
 */
const QUICK_TYPES = 'timestamptz timestamp date int8 int4 int2 float8 float4 uuid bool'.split(' ');
/** More would cost rows that are the same more than it spares the others. */
const MOST_QUICK_COLUMNS = 2;

/**
 * The condition that a row is not the one that is there. `*<>` compares the bytes of records: right for types without an equality (json,
 * point), and 1.0 is not 1.00. Cast, since two plain ROW() would be compared column by column. Key columns are among them: keys that are
 * equal can be spelt differently (numeric, citext).
 *
 * Making two records takes longer than comparing them. Where values of a quick column are not equal, their bytes are not either, and no
 * record is made; where they are equal, or null, the records decide.
 */
export function differs(columns: readonly ColumnType[], key: readonly string[]): string {
  const row = (of: string): string =>
    `ROW(${columns.map(({ name }) => `${of}.${quoteName(name)}`).join(', ')})::record`;
  const unequal = quickColumns(columns.filter(({ name }) => !key.includes(name))).map(
    (name) => `target.${quoteName(name)} OPERATOR(pg_catalog.<>) staged.${quoteName(name)}`,
  );
  return `(${[...unequal, `${row('target')} OPERATOR(pg_catalog.*<>) ${row('staged')}`].join(' OR ')})`;
}

/** Names of the columns to compare first. */
export function quickColumns(columns: readonly ColumnType[]): string[] {
  const places = columns.flatMap(({ name, kind, base, type }) => {
    // With a schema's name it is somebody else's, and the server's own operator may not take it.
    const place = kind === 'base' && !type.includes('.') ? QUICK_TYPES.indexOf(base) : -1;
    return place < 0 ? [] : [{ name, place }];
  });
  return places
    .sort((one, other) => one.place - other.place)
    .slice(0, MOST_QUICK_COLUMNS)
    .map(({ name }) => name);
}
