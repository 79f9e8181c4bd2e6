export { Postgres, type UseOptions, type Work } from './client.js';
export { copyIn, type CopyInOptions, copyOut } from './copy.js';
export { JSON_NULL } from './encode/json.js';
export { type DataPlace, PostgresError } from './errors.js';
export { ingest, type IngestResult } from './ingest.js';
export {
  Delete,
  HighWatermark,
  type IngestCallProgress,
  type IngestOptions,
  ingestOptionsSchema,
  Upsert,
  Visibility,
} from './ingest-options.js';
export { type ByteReader, byteReader } from './load/byte-reader.js';
export { type PostgresOptions, postgresOptionsSchema } from './options.js';
export { type IngestPlan, planIngest } from './plan-ingest.js';
export type {
  Batches,
  BeforeVisible,
  BlockingSession,
  CsvRows,
  DuckRows,
  IngestBatch,
  JavaScriptRows,
  JsonValue,
  PostgresRow,
  RunSoFar,
  TableOf,
} from './port.js';
export { PostgresStore, type PostgresStoreOptions } from './store/index.js';
export type { Marker } from './watermark/comment.js';
export { HighWatermarkMoved } from './watermark/progress.js';
export { readWatermark, type StoredWatermark } from './watermark/store.js';
export {
  type PostgresColumn,
  type PostgresIndex,
  type PostgresIndexKey,
  type PostgresTable,
  postgresTableSchema,
} from '../../contracts/postgres-table.js';
