import type { DuckDBConnection } from '@duckdb/node-api';
import type { Counts, ImportTableRecord } from './import-records.js';
import { TableRefused, type StagedTable } from './import-staging.js';
import { HIGH_DATE } from './server-clock.js';
import { literal, queryNumber, queryRows, storedColumns, versionsTable } from './storage.js';

export interface MergeOptions {
  /** Timestamp of every version that this import writes. */
  now: string;
  deleteOfUnknownKey: 'ignore' | 'fail';
}

/**
 * Applies a staged file to its table, inside the caller's transaction, and says what it did.
 *
 * - A new key is an insert; a key whose record was deleted is one too (code `i`), on the same record.
 * - A row equal to the current version in every mapped column writes no version and counts nowhere.
 * - Columns that the file does not bring keep their values; new records have NULL there.
 * - `full` closes every live record that the file does not name, unless the table allows rows added by hand.
 * - Keys are compared as text: `1` and `01` are two records.
 */
export async function mergeStaged(
  connection: DuckDBConnection,
  upload: ImportTableRecord,
  staged: StagedTable,
  options: MergeOptions,
): Promise<Counts & { unchanged: number }> {
  const versions = versionsTable(upload.table);
  const keysEqual = staged.columns
    .filter((column) => column.primaryKey)
    .map(({ stored }) => `s.${stored} = v.${stored}`)
    .join(' AND ');
  const changed = staged.columns
    .filter((column) => !column.primaryKey)
    .map(({ stored }) => `s.${stored} IS DISTINCT FROM v.${stored}`);
  const actions = `actions_${upload.id}`;
  // One narrow row per row of the file: its place there, the version that it meets, and what is to be done. The values stay
  // where they are until the new versions are written: copying a million wide rows once more would double the time.
  await connection.run(`
    CREATE TEMP TABLE ${actions} AS
    SELECT s.rowid AS place, v.place AS old, v.record_id, coalesce(v.applied, 0) + 1 AS applied,
      CASE WHEN s.code = 'd' THEN CASE WHEN v.place IS NULL OR v.is_deleted THEN 'unknown' ELSE 'd' END
           WHEN v.place IS NULL OR v.is_deleted THEN 'i'
           WHEN ${[...changed, 'false'].join(' OR ')} THEN 'u'
           ELSE 'same' END AS op
    FROM ${staged.name} s
    LEFT JOIN (SELECT rowid AS place, * FROM ${versions} WHERE is_current) v ON ${keysEqual}`);
  if (upload.pattern === 'full' && !upload.table.allowManualRowEntry) {
    await connection.run(`
      INSERT INTO ${actions}
      SELECT ${staged.rows - 1} + row_number() OVER (), v.rowid, v.record_id, v.applied + 1, 'd' FROM ${versions} v
      WHERE v.is_current AND NOT v.is_deleted AND NOT EXISTS (SELECT 1 FROM ${staged.name} s WHERE ${keysEqual})`);
  }
  const counts = await countActions(connection, actions);
  if (counts.unknown > 0 && options.deleteOfUnknownKey === 'fail') {
    throw new TableRefused(`Deletes of unknown keys: ${counts.unknown}`);
  }
  await writeVersions(connection, upload, staged, actions, options.now);
  await connection.run(`DROP TABLE ${actions}`);
  await connection.run(`DROP TABLE ${staged.name}`);
  return counts;
}

async function writeVersions(
  connection: DuckDBConnection,
  upload: ImportTableRecord,
  staged: StagedTable,
  actions: string,
  now: string,
): Promise<void> {
  const versions = versionsTable(upload.table);
  await connection.run(`
    UPDATE ${versions} v SET is_current = false, effective_to = ${literal(now)}
    FROM ${actions} a WHERE v.rowid = a.old AND a.op IN ('i', 'u', 'd')`);
  await connection.run(`
    UPDATE ${versions} v SET applied = a.applied FROM ${actions} a WHERE v.rowid = a.old AND a.op = 'same'`);

  const live = storedColumns(upload.table);
  const names = live.map(({ stored }) => stored).join(', ');
  const first = upload.table.nextVersion;
  // Numbers follow the file; a record takes the number of its first version.
  const system = `${first} + a.place, coalesce(a.record_id, ${first} + a.place), true, a.op = 'd', ${literal(now)},
    ${literal(HIGH_DATE)}, 'I', ${literal(String(upload.import.id))}, a.op, a.applied`;
  const into = `INSERT INTO ${versions} (${names}, sk, record_id, is_current, is_deleted, created_at, effective_to,
    actor_type, actor_id, tran_code, applied)`;
  const brought = new Set(staged.columns);
  const values = live.map((column) => `${brought.has(column) ? 's' : 'v'}.${column.stored}`).join(', ');
  const absent = live.some((column) => !brought.has(column));
  await connection.run(`
    ${into} SELECT ${values}, ${system} FROM ${staged.name} s JOIN ${actions} a ON a.place = s.rowid
    ${absent ? `LEFT JOIN ${versions} v ON v.rowid = a.old` : ''}
    WHERE a.op IN ('i', 'u')`);
  // A tombstone repeats the last values of its record.
  await connection.run(`
    ${into} SELECT ${names}, ${system} FROM ${versions} v JOIN ${actions} a ON v.rowid = a.old WHERE a.op = 'd'`);
  const last = await queryNumber(connection, `SELECT coalesce(max(place), -1) FROM ${actions}`);
  upload.table.nextVersion = first + last + 1;
}

async function countActions(connection: DuckDBConnection, actions: string) {
  const rows = await queryRows(connection, `SELECT op, count(*) AS n FROM ${actions} GROUP BY op`);
  const of = (op: string) => Number(rows.find((row) => row['op'] === op)?.['n'] ?? 0);
  return { inserted: of('i'), updated: of('u'), deleted: of('d'), unchanged: of('same'), unknown: of('unknown') };
}
