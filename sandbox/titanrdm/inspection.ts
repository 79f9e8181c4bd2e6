import type { DeployedTable } from './catalog.js';
import { literal, queryRows, storedColumns, versionsTable, type Storage } from './storage.js';

export type SandboxRow = Record<string, string | null>;

/** What a table has been through. */
export interface TableState {
  conventionKey: string;
  key: string;
  branch: string;
  /** Live records. */
  currentRows: number;
  /** Records whose current version is a tombstone. */
  deletedRecords: number;
  /** Versions written in all. */
  versions: number;
  /**
   * How often imports have touched each record, changed or not: `{"1": 1000}` says that 1000 records were in exactly one
   * applied file each. A record that `full` removed was touched by that import.
   */
  timesApplied: Record<string, number>;
}

/** Live records, in the order of their versions, user columns only: every value as the file spelled it, or null. */
export async function currentRows(storage: Storage, table: DeployedTable, limit?: number): Promise<SandboxRow[]> {
  return readRows(storage, table, 'is_current AND NOT is_deleted', limit);
}

/** Every version of the record with this key, oldest first, with code, state and how often it was applied. */
export async function recordVersions(storage: Storage, table: DeployedTable, key: SandboxRow): Promise<SandboxRow[]> {
  const conditions = storedColumns(table)
    .filter((column) => column.primaryKey)
    .map(({ stored, name }) => `${stored} = ${literal(key[name] ?? '')}`);
  return readRows(storage, table, conditions.join(' AND '), undefined, [
    'tran_code AS trdm_tran_code',
    `CASE WHEN is_current THEN 'C' ELSE 'H' END AS trdm_state`,
    'created_at AS trdm_created_at',
    'applied::VARCHAR AS applied',
  ]);
}

async function readRows(storage: Storage, table: DeployedTable, where: string, limit?: number, extra: string[] = []) {
  if (!table.stored) return [];
  const columns = storedColumns(table);
  const select = [...columns.map(({ stored }) => stored), ...extra].join(', ');
  const sql = `SELECT ${select} FROM ${versionsTable(table)} WHERE ${where} ORDER BY sk ${limit === undefined ? '' : `LIMIT ${limit}`}`;
  const rows = await storage.withConnection((connection) => queryRows(connection, sql));
  // Every column selected is VARCHAR, and NULL comes as null.
  return rows.map((row) => {
    const renamed: SandboxRow = {};
    for (const { stored, name } of columns) renamed[name] = row[stored] as string | null;
    for (const name of Object.keys(row)) if (!/^c\d+$/.test(name)) renamed[name] = row[name] as string | null;
    return renamed;
  });
}

export async function tableState(storage: Storage, table: DeployedTable): Promise<TableState> {
  const empty = { currentRows: 0, deletedRecords: 0, versions: 0, timesApplied: {} };
  const names = { conventionKey: table.conventionKey, key: table.key, branch: table.branch.name };
  if (!table.stored) return { ...names, ...empty };
  return storage.withConnection(async (connection) => {
    const from = `FROM ${versionsTable(table)}`;
    const [counts = {}] = await queryRows(
      connection,
      `SELECT count(*) AS versions, count(*) FILTER (WHERE is_current AND NOT is_deleted) AS live,
         count(*) FILTER (WHERE is_current AND is_deleted) AS deleted ${from}`,
    );
    const applied = await queryRows(
      connection,
      `SELECT applied, count(*) AS n ${from} WHERE is_current GROUP BY applied ORDER BY applied`,
    );
    return {
      ...names,
      currentRows: Number(counts['live']),
      deletedRecords: Number(counts['deleted']),
      versions: Number(counts['versions']),
      timesApplied: Object.fromEntries(applied.map((row) => [String(row['applied']), Number(row['n'])])),
    };
  });
}
