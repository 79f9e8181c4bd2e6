import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import type { EncryptionConfig } from '../../contracts/config-operations.js';
import { EncryptionCodec } from './encryption-codec.js';
import { KeyRing } from './key-ring.js';

export { EncryptionCodec, isEncrypted } from './encryption-codec.js';
export { KeyRing } from './key-ring.js';

/** What `bundleWorkflowCode({ failureConverterPath })` wants where a bundle is built ahead of time. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(
  new URL(`./failure-converter${path.extname(import.meta.url)}`, import.meta.url),
);

/**
 * The data converter of a worker and of its clients: payloads, and the texts of failures, are encrypted before they leave the process.
 *
 * @throws TidemarkError `PAYLOAD_KEYS`
 */
export function encryptedDataConverter(config: EncryptionConfig): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(new KeyRing(config))], failureConverterPath: FAILURE_CONVERTER_PATH };
}

/** The same for a process that reports no failures, a client: it loads no module by its path. */
export function encryptedClientConverter(config: EncryptionConfig): DataConverter {
  return { payloadCodecs: [new EncryptionCodec(new KeyRing(config))] };
}
