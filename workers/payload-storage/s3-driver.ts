import type { StorageDriver } from '@temporalio/common';
import { notInstalled, S3Bucket, type S3Location } from '../../connectors/s3/index.js';

/**
 * Temporal's own S3 driver over our client. Its latest release (1.22.0) names `@temporalio/common` 1.22.0 as a dependency of its own, so a
 * copy of that comes with it; what the two exchange with the SDK (1.24) are plain objects, and a test with a real server holds them to it.
 */
export async function s3StorageDriver(location: S3Location): Promise<StorageDriver> {
  const name = '@temporalio/external-storage-s3';
  const { S3StorageDriver } = await import('@temporalio/external-storage-s3').catch((cause: unknown) => {
    throw notInstalled(name, cause);
  });
  const bucket = new S3Bucket(location);
  return new S3StorageDriver({
    bucket: location.bucket,
    client: {
      // The driver names the bucket with each call; it is always the one above.
      putObject: (_bucket, key, data, options) =>
        bucket.put(key, data, 'application/octet-stream', options?.abortSignal),
      objectExists: (_bucket, key, options) => bucket.exists(key, options?.abortSignal),
      getObject: (_bucket, key, options) => bucket.get(key, options?.abortSignal),
      describe: () => ({ at: location.endpoint ?? location.region }),
    },
  });
}
