import type { ClientBase } from 'pg';
import type { ColumnType } from '../encode/column-types.js';
import { quoteName } from '../quote.js';
import { differs } from './differs.js';

/** Memory that one sort or (twice that) one hash table may take at the server before it goes to disk. */
const MERGE_MEMORY = '128MB';
const UNIQUE_VIOLATION = '23505';
const NOT_SUPPORTED = '0A000';
/** Below, the planner's choice of a join is good enough, whatever it is. */
const MANY_ROWS = 100_000;
/** Pages that tell whether a table is in order, at least; fewer of a piece, which has bytes enough but may be compressed. */
const MANY_PAGES = 40;
const FEW_PAGES = 3;
/** First version with MERGE. */
const WITH_MERGE = 150_000;

export interface MergeInput {
  /** Quoted, as `target` is. */
  staging: string;
  target: string;
  key: readonly string[];
  columns: readonly ColumnType[];
  /** In `staging`. */
  rows: number;
  /** `staging` is one piece of many: no two of its rows have the same key, which it has an index of, and `target` lies in the key's order. */
  isPiece?: boolean;
}

/**
 * Brings the rows of a table that nobody else reads into one with a primary key; rows that are there already, byte for byte, are not written.
 * Returns whether both were read side by side, in the order of the key.
 */
export async function merge(client: ClientBase, input: MergeInput): Promise<boolean> {
  const { staging, target, rows, isPiece = false, ...names } = input;
  const key = names.key.map((name) => quoteName(name));
  const columns = names.columns.map(({ name }) => quoteName(name));
  const version = await prepareSession(client);
  if (!isPiece) await keepLastOfEachKey(client, staging, key);
  // Both in the order of the key, as exports mostly are: reading them side by side takes half the time of a hash table of all rows,
  // which the planner takes for cheaper.
  const sideBySide =
    (isPiece || rows >= MANY_ROWS) &&
    (await isInOrder(client, staging, key, isPiece ? FEW_PAGES : MANY_PAGES)) &&
    (isPiece || (await isInOrder(client, target, key)));
  if (sideBySide) await client.query('SET LOCAL enable_hashjoin = off');
  const { onKey, fixed, from, to } = await keyOf(client, target, names.key);
  const changing = columns.filter((column) => !fixed.has(column));
  const sql = { staging, target, key, columns, changing, isOther: differs(names.columns, names.key) };
  const on = sideBySide && isPiece ? `${onKey} AND ${rangeOf(staging, key, { from, to })}` : onKey;
  const inOne = version >= WITH_MERGE && (await runMerge(client, { ...sql, onKey: on }));
  if (!inOne) for (const statement of updateAndInsert({ ...sql, onKey: on })) await client.query(statement);
  await client.query('RESET work_mem; RESET maintenance_work_mem; RESET jit; RESET enable_hashjoin');
  return sideBySide;
}

/** For a piece, where it is made: does to it what `merge` does to others first. */
export async function prepareMerge(client: ClientBase, staging: string, key: readonly string[]): Promise<void> {
  await prepareSession(client);
  await keepLastOfEachKey(
    client,
    staging,
    key.map((name) => quoteName(name)),
  );
}

/** Only this part of the other table is read for a piece, not all that comes before it: the keys between the piece's first and last one. */
function rangeOf(staging: string, [first = '']: readonly string[], { from, to }: { from: string; to: string }): string {
  const bound = (direction: 'ASC' | 'DESC'): string =>
    `(SELECT piece.${first} FROM ${staging} AS piece ORDER BY piece.${first} ${direction} LIMIT 1)`;
  return `target.${first} ${from} ${bound('ASC')} AND target.${first} ${to} ${bound('DESC')}`;
}

/** In a table that only one transaction has written to, and only by COPY, the physical order is the order of arrival. */
export async function keepLast(client: ClientBase, table: string, key: readonly string[]): Promise<void> {
  await client.query(`DELETE FROM ${table} WHERE ctid IN (
    SELECT ctid FROM (SELECT ctid, row_number() OVER (PARTITION BY ${key.join(', ')} ORDER BY ctid DESC) AS place FROM ${table}) AS ranked
    WHERE place > 1)`);
}

/** Whether an error of the driver says that rows repeat a key. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === UNIQUE_VIOLATION;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
}

interface MergeSql {
  staging: string;
  target: string;
  key: readonly string[];
  columns: readonly string[];
  /** Those of them that an update writes. */
  changing: readonly string[];
  /** Condition of the join. */
  onKey: string;
  /** Condition that a row is not the one that is there. */
  isOther: string;
}

async function prepareSession(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number }>(`
    SELECT current_setting('server_version_num')::int AS version,
      set_config('work_mem', '${MERGE_MEMORY}', true), set_config('maintenance_work_mem', '${MERGE_MEMORY}', true),
      set_config('jit', 'off', true)`);
  return rows[0]?.version ?? 0;
}

/**
 * False, and nothing done, where a row that it was to insert has come from elsewhere meanwhile, since MERGE has no ON CONFLICT; and for a
 * table with rules, which it takes none of.
 */
async function runMerge(client: ClientBase, sql: MergeSql): Promise<boolean> {
  await client.query('SAVEPOINT tidemark_merge');
  try {
    await client.query(mergeStatement(sql));
  } catch (error) {
    if (!isUniqueViolation(error) && codeOf(error) !== NOT_SUPPORTED) throw error;
    await client.query('ROLLBACK TO SAVEPOINT tidemark_merge');
    return false;
  }
  await client.query('RELEASE SAVEPOINT tidemark_merge');
  return true;
}

/** A unique index finds out at the price of a sort, of nearly nothing where the rows are in order, and the join can use it. */
async function keepLastOfEachKey(client: ClientBase, staging: string, key: readonly string[]): Promise<void> {
  const index = `CREATE UNIQUE INDEX ON ${staging} (${key.join(', ')})`;
  await client.query('SAVEPOINT tidemark_unique');
  try {
    await client.query(index);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT tidemark_unique');
    await keepLast(client, staging, key);
    await client.query(index);
  }
  await client.query('RELEASE SAVEPOINT tidemark_unique');
}

/** Looks at one row of each of some 200 pages; of so many at least, or nothing is known. */
export async function isInOrder(
  client: ClientBase,
  table: string,
  key: readonly string[],
  least = MANY_PAGES,
): Promise<boolean> {
  const row = `ROW(${key.join(', ')})::record`;
  const { rows } = await client.query<{ ordered: boolean }>(
    `SELECT count(*) >= ${least} AND bool_and(before IS NULL OR before <= key) AS ordered
     FROM (
       SELECT ${row} AS key, lag(${row}) OVER (ORDER BY ctid) AS before
       FROM ${table}
       WHERE ctid = ANY (ARRAY(
         SELECT format('(%s,1)', page)::tid
         FROM (SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int AS pages) AS size,
           generate_series(0, pages - 1, greatest(1, pages / 200)) AS page))
     ) AS looked_at`,
    [table],
  );
  return rows[0]?.ordered === true;
}

/**
 * The condition that keys are equal, by the operators of the key's own index: `=` need not be on the search path, or another one may be. Those
 * of the first column that mean "not before" and "not behind". And the columns that the server numbers always: it lets nobody update them,
 * which integers that are equal have no need of.
 */
async function keyOf(
  client: ClientBase,
  target: string,
  key: readonly string[],
): Promise<{ onKey: string; from: string; to: string; fixed: ReadonlySet<string> }> {
  const { rows } = await client.query<{ name: string; equal: string; from: string; to: string; isFixed: boolean }>(
    `SELECT attname::text AS name, attidentity = 'a' AS "isFixed",
       max(operator) FILTER (WHERE amopstrategy = 3) AS equal,
       max(operator) FILTER (WHERE amopstrategy = 4) AS "from", max(operator) FILTER (WHERE amopstrategy = 2) AS "to"
     FROM pg_catalog.pg_index
     CROSS JOIN LATERAL unnest(indkey::int2[], indclass::oid[]) AS part (attribute, class)
     JOIN pg_catalog.pg_attribute ON attrelid = indrelid AND attnum = part.attribute
     JOIN pg_catalog.pg_opclass ON pg_opclass.oid = part.class
     JOIN pg_catalog.pg_amop ON amopfamily = opcfamily AND amoplefttype = opcintype AND amoprighttype = opcintype
     JOIN pg_catalog.pg_operator ON pg_operator.oid = amopopr
     JOIN pg_catalog.pg_namespace ON pg_namespace.oid = oprnamespace
     CROSS JOIN LATERAL format('OPERATOR(%I.%s)', nspname, oprname) AS operator
     WHERE indrelid = $1::regclass AND indisprimary
     GROUP BY attname, attidentity`,
    [target],
  );
  const operators = new Map(rows.map((row) => [row.name, row]));
  const onKey = key
    .map((name) => `target.${quoteName(name)} ${operators.get(name)?.equal ?? '='} staged.${quoteName(name)}`)
    .join(' AND ');
  const { from = '>=', to = '<=' } = operators.get(key[0] ?? '') ?? {};
  const fixed = rows.flatMap(({ name, isFixed }) => (isFixed ? [quoteName(name)] : []));
  return { onKey, from, to, fixed: new Set(fixed) };
}

function assignments(columns: readonly string[], from: string): string {
  return columns.map((column) => `${column} = ${from}.${column}`).join(', ');
}

function mergeStatement({ staging, target, onKey, isOther, columns, changing }: MergeSql): string {
  const update = `WHEN MATCHED AND ${isOther} THEN UPDATE SET ${assignments(changing, 'staged')}`;
  return `MERGE INTO ${target} AS target USING ${staging} AS staged ON ${onKey}
    ${changing.length === 0 ? '' : update}
    WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
      VALUES (${columns.map((column) => `staged.${column}`).join(', ')})`;
}

function updateAndInsert({ staging, target, key, onKey, isOther, columns, changing }: MergeSql): string[] {
  const update = `UPDATE ${target} AS target SET ${assignments(changing, 'staged')} FROM ${staging} AS staged
      WHERE ${onKey} AND ${isOther}`;
  return [
    ...(changing.length === 0 ? [] : [update]),
    // Nobody else is expected to write; who does all the same cannot make this fail.
    `INSERT INTO ${target} (${columns.join(', ')}) OVERRIDING SYSTEM VALUE
      SELECT ${columns.map((column) => `staged.${column}`).join(', ')} FROM ${staging} AS staged
      WHERE NOT EXISTS (SELECT FROM ${target} AS target WHERE ${onKey})
      ON CONFLICT (${key.join(', ')}) DO ${changing.length === 0 ? 'NOTHING' : `UPDATE SET ${assignments(changing, 'excluded')}`}`,
  ];
}
