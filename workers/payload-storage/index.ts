import { ExternalStorage } from '@temporalio/common';
import type { PayloadStorageConfig } from '../../contracts/config.js';
import { FolderStorageDriver } from './folder-driver.js';
import { s3StorageDriver } from './s3-driver.js';

export { FolderStorageDriver } from './folder-driver.js';

/**
 * Temporal's external payload storage as the config says: for `dataConverter: { externalStorage }` of every client and worker.
 *
 * @param config `path` absolute
 * @throws TidemarkError `S3_NOT_INSTALLED`
 */
export async function openPayloadStorage(config: PayloadStorageConfig): Promise<ExternalStorage> {
  const driver = config.type === 's3' ? await s3StorageDriver(config) : new FolderStorageDriver(config.path);
  return new ExternalStorage({ drivers: [driver], payloadSizeThreshold: config.thresholdBytes });
}
