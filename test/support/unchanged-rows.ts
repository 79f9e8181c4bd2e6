import { Readable } from 'node:stream';
import { ingest, type PostgresTable } from '../../connectors/postgres/index.js';
import type { StagedRows } from '../../connectors/postgres/load/upsert.js';
import { type IngestSetting, openIngestSetting } from './ingest.js';
import { csvOf, upsertCsv } from './upsert-csv.js';

export type Row = [id: number, value: string | null, pad: string];

const COLUMNS: PostgresTable['columns'] = [
  { name: 'id', type: 'integer' },
  { name: 'value', type: 'text' },
  { name: 'pad', type: 'text' },
];
export const NAMES = COLUMNS.map(({ name }) => name);
/** So that a few rows are as large as what is compared. */
export const PAD = 'x'.repeat(1_000);
export const ROWS = 3_000;

export const rowOf = (id: number): Row => [id, id % 7 === 0 ? null : `value ${id}`, PAD];
export const rowsTo = (count: number): Row[] => Array.from({ length: count }, (_, id) => rowOf(id));

/** A setting, with what tests of upserts that compare need of it. */
export interface UnchangedSetting extends IngestSetting {
  load(table: PostgresTable, rows: readonly Row[]): Promise<void>;
  /** A new table that holds the rows; left out: `rowsTo(ROWS)`. */
  full(rows?: readonly Row[]): Promise<PostgresTable>;
  upsertRows(table: PostgresTable, rows: readonly Row[]): Promise<StagedRows>;
}

export async function openUnchangedSetting(): Promise<UnchangedSetting> {
  const setting = await openIngestSetting();
  const load = async (table: PostgresTable, rows: readonly Row[]): Promise<void> => {
    await ingest(setting.postgres, [table], () => [
      { highWatermark: null, rows: { table, csv: Readable.from([csvOf(NAMES, rows)]) } },
    ]);
  };
  return {
    ...setting,
    load,
    full: async (rows = rowsTo(ROWS)) => {
      const table = setting.table(COLUMNS, ['id']);
      await load(table, rows);
      return table;
    },
    upsertRows: (table, rows) => upsertCsv(setting.postgres, table, csvOf(NAMES, rows)),
  };
}
