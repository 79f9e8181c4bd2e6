import type { DeployedTable } from './catalog.js';

export interface ExportFile {
  path: string;
  bytes: number;
}

export interface ExportRecord {
  id: number;
  table: DeployedTable;
  pattern: 'full' | 'incremental';
  includeHistory: boolean;
  highWaterMark: string | null;
  correlationCode: string | null;
  status: 'created' | 'started' | 'finished' | 'failed';
  message: string | null;
  startedAt: string | null;
  completedAt: string | null;
  durationSeconds: number | null;
  rows: number | null;
  compressed: boolean;
  files: ExportFile[];
}

/** `urls` are the signed addresses of the files, once there are any. */
export function exportView(record: ExportRecord, finishedStatus: string, urls: string[], list: string) {
  const finished = record.status === 'finished';
  const several = urls.length > 1;
  return {
    id: record.id,
    status: finished ? finishedStatus : record.status,
    message: record.message,
    branch_id: record.table.branch.id,
    table_definition_key: record.table.key,
    pattern: record.pattern,
    include_history: record.includeHistory,
    high_water_mark: record.highWaterMark,
    correlation_code: record.correlationCode,
    started_datetime: record.startedAt,
    complete_datetime: record.completedAt,
    duration_secs: record.durationSeconds,
    rows_exported: record.rows,
    files_exported: finished ? record.files.length : null,
    bytes_exported: finished ? record.files.reduce((sum, { bytes }) => sum + bytes, 0) : null,
    compressed: record.compressed,
    download_url: several && list === 'download_url' ? urls : (urls[0] ?? null),
    ...(several && list === 'download_urls' ? { download_urls: urls } : {}),
  };
}
