import type { Branch, DeployedTable, Mapping } from './catalog.js';

/** Names of statuses are our choice: nothing documents them. */
export type ImportStatus = 'created' | 'processing' | 'completed' | 'failed';
export type ImportTableStatus = 'created' | 'uploaded' | 'processing' | 'completed' | 'failed';

export interface Counts {
  inserted: number;
  updated: number;
  deleted: number;
}

export interface ImportRecord {
  id: number;
  branch: Branch;
  description: string | null;
  correlationCode: string | null;
  status: ImportStatus;
  message: string | null;
  createdAt: string;
  durationSeconds: number | null;
  tables: ImportTableRecord[];
}

export interface ImportTableRecord {
  id: number;
  import: ImportRecord;
  table: DeployedTable;
  mapping: Mapping;
  /** As the client gave it: a pattern that is missing or unknown fails the import, not its creation. */
  pattern: string | null;
  correlationCode: string | null;
  status: ImportTableStatus;
  message: string | null;
  createdAt: string;
  /** Path of the uploaded file, whether it is there yet or not. */
  path: string;
  /** Bytes of the received file; null before the upload. */
  fileSize: number | null;
  counts: Counts | null;
  startedAt: string | null;
  endedAt: string | null;
  durationSeconds: number | null;
  actions: { action: string; rows: number }[];
}

function countsView(counts: Counts | null) {
  return {
    insert_row_count: counts?.inserted ?? null,
    update_row_count: counts?.updated ?? null,
    delete_row_count: counts?.deleted ?? null,
  };
}

export function totalCounts(tables: readonly ImportTableRecord[]): Counts {
  const total = { inserted: 0, updated: 0, deleted: 0 };
  for (const { counts } of tables) {
    total.inserted += counts?.inserted ?? 0;
    total.updated += counts?.updated ?? 0;
    total.deleted += counts?.deleted ?? 0;
  }
  return total;
}

export function importView(record: ImportRecord) {
  const ended = record.status === 'completed' || record.status === 'failed';
  return {
    id: record.id,
    status: record.status,
    message: record.message,
    description: record.description,
    correlation_code: record.correlationCode,
    branch_id: record.branch.id,
    created_date: record.createdAt,
    file_size: record.tables.reduce((sum, { fileSize }) => sum + (fileSize ?? 0), 0),
    ...countsView(ended ? totalCounts(record.tables) : null),
    duration_secs: record.durationSeconds,
  };
}

/** `signedUrl` is given once, in the answer to the creation. */
export function importTableView(record: ImportTableRecord, signedUrl?: string) {
  return {
    id: record.id,
    import_id: record.import.id,
    status: record.status,
    message: record.message,
    ...(signedUrl === undefined ? {} : { signed_s3_url: signedUrl }),
    s3_key: `imports/${record.id}.csv`,
    created_date: record.createdAt,
    pattern: record.pattern,
    correlation_code: record.correlationCode,
    file_size: record.fileSize,
    ...countsView(record.counts),
    duration_secs: record.durationSeconds,
    start_datetime: record.startedAt,
    end_datetime: record.endedAt,
  };
}

/** The result envelope of `GET imports/:id`. */
export function importResultView(record: ImportRecord, listTables: boolean) {
  const tables = record.tables.map((table) => ({
    ...importTableView(table),
    deployed_table_definition: { key: table.table.key, name: table.table.name },
    actions: table.actions,
  }));
  return { import: importView(record), ...(listTables ? { import_tables: tables } : {}) };
}
