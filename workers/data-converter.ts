import type { DataConverter } from '@temporalio/common';
import type { TemporalConfig } from '../contracts/config.js';
import { encryptedClientConverter, encryptedDataConverter } from './encryption/index.js';
import { openPayloadStorage } from './payload-storage/index.js';

/**
 * How clients and workers of a config write payloads: both must do it alike. What is large is stored elsewhere as it is encrypted.
 * Undefined: Temporal's own way.
 */
export async function dataConverterOf(
  { payloadStorage, encryption }: Pick<TemporalConfig, 'payloadStorage' | 'encryption'>,
  role: 'worker' | 'client',
): Promise<DataConverter | undefined> {
  if (payloadStorage === undefined && encryption === undefined) return undefined;
  const encrypted = role === 'worker' ? encryptedDataConverter : encryptedClientConverter;
  return {
    ...(encryption === undefined ? {} : encrypted(encryption)),
    ...(payloadStorage === undefined ? {} : { externalStorage: await openPayloadStorage(payloadStorage) }),
  };
}
