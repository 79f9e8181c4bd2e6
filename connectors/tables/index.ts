export { CsvObserver, type CsvObserverOptions } from './csv-observer.js';
export { CsvScanner, type CsvScanOptions, type WatchedColumn } from './csv-scan.js';
export { FilesStore } from './files-store.js';
export { inlineTable } from './inline-rows.js';
export { createStore, type StoreConfig } from './open-store.js';
export type * from './port.js';
export { probeCsv, probeTable } from './presence.js';
export { filesStoreOptionsSchema, type FilesStoreOptions } from './schema.js';
