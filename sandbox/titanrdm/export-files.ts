import { stat } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ExportFile, ExportRecord } from './export-records.js';
import type { SandboxSettings } from './settings.js';
import { identifier, literal, queryNumber, storedColumns, versionsTable, type Storage } from './storage.js';

/**
 * Writes the rows of an export to files, as one moment left them (who imports meanwhile changes neither rows nor count), in the order in
 * which they are stored, the same every time (fact sheet, section 9). `since` is an instant text: a version written at that very instant
 * belongs to the delta (our choice: nothing documents whether "since" includes equality).
 */
export async function writeExport(
  storage: Storage,
  connection: DuckDBConnection,
  record: ExportRecord,
  since: string | undefined,
  settings: SandboxSettings,
): Promise<void> {
  if (!record.table.stored) await storage.ensureTables(connection, [record.table]);
  const select = exportQuery(record, since, settings.booleans);
  const counted = `SELECT count(*) FROM ${versionsTable(record.table)} ${exportFilter(record, since)}`;
  const perFile = settings.exportRowsPerFile === 0 ? Infinity : settings.exportRowsPerFile;
  const compression = settings.compressExports ? `, COMPRESSION gzip` : '';
  await storage.snapshot(connection, async () => {
    const rows = await queryNumber(connection, counted);
    const count = Math.max(1, Math.ceil(rows / perFile));
    const files: ExportFile[] = [];
    for (let index = 0; index < count; index += 1) {
      const path = storage.path(`export-${record.id}-${index}.csv${settings.compressExports ? '.gz' : ''}`);
      const part = count === 1 ? select : `${select} ORDER BY sk LIMIT ${perFile} OFFSET ${index * perFile}`;
      await connection.run(`COPY (${part}) TO ${literal(path)} (FORMAT csv, HEADER true, NULLSTR ''${compression})`);
      files.push({ path, bytes: (await stat(path)).size });
    }
    record.rows = rows;
    record.files = files;
  });
  record.compressed = settings.compressExports;
}

function exportFilter(record: ExportRecord, since: string | undefined): string {
  const conditions: string[] = [];
  if (!record.includeHistory) conditions.push('is_current');
  if (record.pattern === 'full' && !record.includeHistory) conditions.push('NOT is_deleted');
  if (record.pattern === 'incremental' && since !== undefined) conditions.push(`created_at >= ${literal(since)}`);
  return conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
}

/** User columns in display order, the system columns in the product's order, the code last. */
function exportQuery(record: ExportRecord, since: string | undefined, booleans: SandboxSettings['booleans']): string {
  const [yes, no] = booleans === 't/f' ? ['t', 'f'] : ['true', 'false'];
  const code = record.pattern === 'incremental' || record.includeHistory ? 'tran_code' : 'NULL';
  const user = storedColumns(record.table).map(({ stored, name }) => `${stored} AS ${identifier(name)}`);
  return `SELECT ${user.join(', ')}, sk AS trdm_sk, record_id AS trdm_record_id,
    CASE WHEN is_current THEN 'C' ELSE 'H' END AS trdm_state, created_at AS trdm_created_at,
    created_at AS trdm_effective_from, effective_to AS trdm_effective_to,
    CASE WHEN is_deleted THEN '${yes}' ELSE '${no}' END AS trdm_is_deleted,
    actor_type AS trdm_actor_type, actor_id AS trdm_actor_id, ${code} AS trdm_tran_code
    FROM ${versionsTable(record.table)} ${exportFilter(record, since)}`;
}
