import { FilesStore } from './files-store.js';
import type { TableStore } from './port.js';

/** A store as the config of a worker describes it. */
export interface StoreConfig {
  type: 'files';
  path: string;
  format?: 'csv' | 'parquet' | undefined;
}

/** Opens the store that a connection describes; touches nothing yet. */
export function createStore(config: StoreConfig, options: { spoolDirectory?: string } = {}): TableStore {
  return new FilesStore({
    path: config.path,
    ...(config.format === undefined ? {} : { format: config.format }),
    ...options,
  });
}
