import type { DataConverter } from '@temporalio/common';
import type { TemporalConfig } from '../contracts/config.js';
import { openPayloadStorage } from './payload-storage/index.js';

/** How clients and workers of a config write payloads: both must do it alike. Undefined: Temporal's own way. */
export async function dataConverterOf({
  payloadStorage,
}: Pick<TemporalConfig, 'payloadStorage'>): Promise<DataConverter | undefined> {
  if (payloadStorage === undefined) return undefined;
  return { externalStorage: await openPayloadStorage(payloadStorage) };
}
