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
  const live = storedColumns(upload.table);
  const keysEqual = staged.columns
    .filter((column) => column.primaryKey)
    .map(({ stored }) => `s.${stored} = v.${stored}`)
    .join(' AND ');
  const isStaged = new Set(staged.columns);
  const compared = staged.columns.filter((column) => !column.primaryKey);
  const changed = compared.map(({ stored }) => `s.${stored} IS DISTINCT FROM v.${stored}`).join(' OR ') || 'false';
  const values = live.map((column) =>
    isStaged.has(column)
      ? `CASE WHEN s.code = 'd' THEN v.${column.stored} ELSE s.${column.stored} END AS ${column.stored}`
      : `v.${column.stored}`,
  );
  const actions = `actions_${upload.id}`;
  // One row per row of the file, beside the current version of its record: what is to be done with it.
  await connection.run(`
    CREATE TEMP TABLE ${actions} AS
    SELECT ${values.join(', ')}, v.sk AS old_sk, v.record_id, coalesce(v.applied, 0) + 1 AS applied,
      CASE WHEN s.code = 'd' THEN CASE WHEN v.sk IS NULL OR v.is_deleted THEN 'unknown' ELSE 'd' END
           WHEN v.sk IS NULL OR v.is_deleted THEN 'i'
           WHEN ${changed} THEN 'u'
           ELSE 'same' END AS op
    FROM ${staged.name} s
    LEFT JOIN (SELECT * FROM ${versions} WHERE is_current) v ON ${keysEqual}`);
  if (upload.pattern === 'full' && !upload.table.allowManualRowEntry) {
    const kept = live.map(({ stored }) => `v.${stored}`).join(', ');
    await connection.run(`
      INSERT INTO ${actions}
      SELECT ${kept}, v.sk, v.record_id, v.applied + 1, 'd' FROM ${versions} v
      WHERE v.is_current AND NOT v.is_deleted AND NOT EXISTS (SELECT 1 FROM ${staged.name} s WHERE ${keysEqual})`);
  }
  const counts = await countActions(connection, actions);
  if (counts.unknown > 0 && options.deleteOfUnknownKey === 'fail') {
    throw new TableRefused(`Deletes of unknown keys: ${counts.unknown}`);
  }
  await writeVersions(connection, upload, actions, options.now);
  await connection.run(`DROP TABLE ${actions}`);
  await connection.run(`DROP TABLE ${staged.name}`);
  return counts;
}

async function writeVersions(connection: DuckDBConnection, upload: ImportTableRecord, actions: string, now: string) {
  const versions = versionsTable(upload.table);
  await connection.run(`
    UPDATE ${versions} v SET is_current = false, effective_to = ${literal(now)}
    FROM ${actions} a WHERE v.sk = a.old_sk AND a.op IN ('i', 'u', 'd')`);
  await connection.run(`
    UPDATE ${versions} v SET applied = a.applied FROM ${actions} a WHERE v.sk = a.old_sk AND a.op = 'same'`);
  const user = storedColumns(upload.table).map(({ stored }) => stored);
  const first = upload.table.nextVersion;
  // A new record takes the number of its first version: the join lost the order of nothing, since rows stay in file order.
  await connection.run(`
    INSERT INTO ${versions} (${user.join(', ')}, sk, record_id, is_current, is_deleted, created_at, effective_to,
      actor_type, actor_id, tran_code, applied)
    SELECT ${user.join(', ')}, sk, coalesce(record_id, sk), true, op = 'd', ${literal(now)}, ${literal(HIGH_DATE)},
      'I', ${literal(String(upload.import.id))}, op, applied
    FROM (SELECT *, ${first - 1} + row_number() OVER () AS sk FROM ${actions} WHERE op IN ('i', 'u', 'd'))`);
  upload.table.nextVersion = (await queryNumber(connection, `SELECT coalesce(max(sk), 0) FROM ${versions}`)) + 1;
}

async function countActions(connection: DuckDBConnection, actions: string) {
  const rows = await queryRows(connection, `SELECT op, count(*) AS n FROM ${actions} GROUP BY op`);
  const of = (op: string) => Number(rows.find((row) => row['op'] === op)?.['n'] ?? 0);
  return { inserted: of('i'), updated: of('u'), deleted: of('d'), unchanged: of('same'), unknown: of('unknown') };
}
