import { quoteName } from '../quote.js';
import { DELETED_AT_COLUMN } from './column-types.js';

/** Rows that wait in a staging table for the table that they belong to. */
export interface Merge {
  /** The table, quoted. */
  target: string;
  /** The staging table, quoted: its columns are the file's. */
  staging: string;
  /** Columns of the file. All of them are in the target. */
  columns: readonly string[];
  key: readonly string[];
  /** The target has the column `tidemark_deleted_at`. */
  soft: boolean;
}

const CODE = 'trdm_tran_code';
const CREATED = 'trdm_created_at';
const IS_DELETED = 'trdm_is_deleted';

const list = (names: readonly string[], prefix = ''): string =>
  names.map((name) => `${prefix}${quoteName(name)}`).join(', ');
const sameKey = (key: readonly string[]): string =>
  key.map((name) => `s.${quoteName(name)} = t.${quoteName(name)}`).join(' AND ');
const asItCame = (name: string): string => `s.${quoteName(name)}`;
const assignments = (names: readonly string[], valueOf: (name: string) => string): string =>
  names.map((name) => `${quoteName(name)} = ${valueOf(name)}`).join(', ');

/**
 * Whether a row's values are spelled otherwise than those that came. Compared by their image, as `REFRESH MATERIALIZED VIEW CONCURRENTLY`
 * does: `1.1` and `1.10` are equal numbers and yet a change, and types without an equality of their own (json) are compared too.
 */
function differs(left: readonly string[], right: readonly string[]): string {
  // The casts keep the parser from comparing column by column.
  return `ROW(${left.join(', ')})::record OPERATOR(pg_catalog.*<>) ROW(${right.join(', ')})::record`;
}

/** Makes the table hold exactly the rows that came. Rows that are the same are not touched. */
export function replaceStatements(merge: Merge): string[] {
  const { target, staging, columns, key, soft } = merge;
  if (key.length === 0) {
    return [
      `DELETE FROM ${target}`,
      `INSERT INTO ${target} (${list(columns)}) SELECT ${list(columns, 's.')} FROM ${staging} s`,
    ];
  }
  const gone = `NOT EXISTS (SELECT FROM ${staging} s WHERE ${sameKey(key)})`;
  const removed = quoteName(DELETED_AT_COLUMN);
  return [
    soft
      ? `UPDATE ${target} t SET ${removed} = now() WHERE t.${removed} IS NULL AND ${gone}`
      : `DELETE FROM ${target} t WHERE ${gone}`,
    updateStatement(merge, asItCame, 'true'),
    insertStatement(merge, asItCame, 'true'),
  ];
}

/**
 * Applies a delta of latest versions: rows are written by key, tombstones remove or mark theirs. A row of the table that is newer than
 * the one that came stays, so that a delta can be applied again, or late.
 */
export function deltaStatements(merge: Merge): string[] {
  const { target, staging, columns, key, soft } = merge;
  const has = new Set(columns);
  const created = quoteName(CREATED);
  // What came before the column was there has no time: it gives way.
  const isNewer = has.has(CREATED) ? `coalesce(s.${created} >= t.${created}, true)` : 'true';
  const isTombstone = tombstone(has);
  // The code says what the latest change was; of the table as it stands it says nothing, and an upload of it would be refused.
  const valueOf = (name: string): string => (name === CODE ? 'NULL::text' : `s.${quoteName(name)}`);
  const removed = quoteName(DELETED_AT_COLUMN);
  const removal = `coalesce(${has.has(CREATED) ? `s.${created}, ` : ''}`;
  const systemColumns = columns.filter((name) => name.startsWith('trdm_') && name !== CODE && !key.includes(name));
  const marked = [
    ...systemColumns.map((name) => ({ column: quoteName(name), value: `s.${quoteName(name)}` })),
    { column: removed, value: `${removal}t.${removed}, now())` },
  ];
  return [
    ...(soft
      ? [
          // What the row last held stays readable: a tombstone need not repeat it.
          `UPDATE ${target} t SET ${marked.map(({ column, value }) => `${column} = ${value}`).join(', ')} FROM ${staging} s
            WHERE ${sameKey(key)} AND ${isTombstone} AND ${isNewer} AND ${differs(
              marked.map(({ column }) => `t.${column}`),
              marked.map(({ value }) => value),
            )}`,
          `INSERT INTO ${target} (${list(columns)}, ${removed})
            SELECT ${columns.map(valueOf).join(', ')}, ${removal}now()) FROM ${staging} s
            WHERE ${isTombstone} AND NOT EXISTS (SELECT FROM ${target} t WHERE ${sameKey(key)})`,
        ]
      : [`DELETE FROM ${target} t USING ${staging} s WHERE ${sameKey(key)} AND ${isTombstone} AND ${isNewer}`]),
    updateStatement(merge, valueOf, `NOT ${isTombstone} AND ${isNewer}`),
    insertStatement(merge, valueOf, `NOT ${isTombstone}`),
  ];
}

/**
 * Adds versions that the table lacks. A version that the server has closed since is closed here too, by its own row where that came, else
 * by the beginning of the version after it; none is opened again.
 */
export function appendStatements(merge: Merge): string[] {
  const { target, staging, columns } = merge;
  const has = new Set(columns);
  const closing = has.has('trdm_state')
    ? `NOT (t."trdm_state" IS NOT DISTINCT FROM 'H' AND s."trdm_state" IS DISTINCT FROM 'H')`
    : 'true';
  const statements = [updateStatement(merge, asItCame, closing), insertStatement(merge, asItCame, 'true')];
  if (['trdm_state', CREATED, 'trdm_effective_from', 'trdm_effective_to'].every((name) => has.has(name))) {
    statements.push(
      `UPDATE ${target} t SET "trdm_state" = 'H', "trdm_effective_to" = ended.at
        FROM (
          SELECT o."trdm_record_id" AS record, o."trdm_sk" AS version, (
              SELECT n."trdm_effective_from" FROM ${target} n
              WHERE n."trdm_record_id" = o."trdm_record_id" AND n.${quoteName(CREATED)} > o.${quoteName(CREATED)}
              ORDER BY n.${quoteName(CREATED)} LIMIT 1
            ) AS at
          FROM ${target} o
          WHERE o."trdm_state" = 'C' AND o."trdm_record_id" IN (SELECT s."trdm_record_id" FROM ${staging} s)
        ) ended
        WHERE t."trdm_record_id" = ended.record AND t."trdm_sk" = ended.version AND ended.at IS NOT NULL`,
    );
  }
  return statements;
}

/**
 * Leaves one row per key in the staging table: the latest version, the living one before a tombstone of the same instant, else the one
 * that came last. A delta may hold several records of one key, where one was deleted and another took its place.
 */
export function keepLatestStatement({ staging, columns, key }: Pick<Merge, 'staging' | 'columns' | 'key'>): string {
  const has = new Set(columns);
  const order = [
    ...(has.has(CREATED) ? [`s.${quoteName(CREATED)} DESC NULLS LAST`] : []),
    tombstone(has),
    's.ctid DESC',
  ].join(', ');
  return `DELETE FROM ${staging} WHERE ctid IN (
    SELECT ranked.ctid FROM (
      SELECT s.ctid, row_number() OVER (PARTITION BY ${list(key, 's.')} ORDER BY ${order}) AS place FROM ${staging} s
    ) ranked WHERE ranked.place > 1)`;
}

function tombstone(has: ReadonlySet<string>): string {
  const signs = [
    ...(has.has(IS_DELETED) ? [`coalesce(s.${quoteName(IS_DELETED)}, false)`] : []),
    ...(has.has(CODE) ? [`coalesce(lower(btrim(s.${quoteName(CODE)})) = 'd', false)`] : []),
  ];
  return signs.length === 0 ? 'false' : `(${signs.join(' OR ')})`;
}

function updateStatement(
  { target, staging, columns, key, soft }: Merge,
  valueOf: (name: string) => string,
  condition: string,
): string {
  const all = soft ? [...columns, DELETED_AT_COLUMN] : columns;
  const value = (name: string): string => (name === DELETED_AT_COLUMN ? 'NULL::timestamptz' : valueOf(name));
  return `UPDATE ${target} t SET ${assignments(all, value)} FROM ${staging} s
    WHERE ${sameKey(key)} AND ${condition} AND ${differs(
      all.map((name) => `t.${quoteName(name)}`),
      all.map(value),
    )}`;
}

function insertStatement(
  { target, staging, columns, key }: Merge,
  valueOf: (name: string) => string,
  condition: string,
): string {
  return `INSERT INTO ${target} (${list(columns)}) SELECT ${columns.map(valueOf).join(', ')} FROM ${staging} s
    WHERE ${condition} AND NOT EXISTS (SELECT FROM ${target} t WHERE ${sameKey(key)})`;
}
