import { TidemarkError } from '../../contracts/errors.js';
import type { EncryptionConfig } from '../../contracts/config-operations.js';

export const KEY_BYTES = 32;

/** The keys that a process knows: one encrypts, each of them decrypts what was encrypted with it. */
export class KeyRing {
  readonly current: string;
  readonly #keys: ReadonlyMap<string, Buffer>;

  /** @throws TidemarkError `PAYLOAD_KEYS` when a key is not 32 bytes in base64, or the current one is not among them */
  constructor({ keys, current }: EncryptionConfig) {
    this.#keys = new Map(Object.entries(keys).map(([id, text]) => [id, decoded(id, text)]));
    this.current = current;
    if (!this.#keys.has(current)) throw badKeys(`The current key '${current}' is none of the keys.`);
  }

  /** @throws TidemarkError `PAYLOAD_KEY_UNKNOWN` */
  key(id: string): Buffer {
    const key = this.#keys.get(id);
    if (key !== undefined) return key;
    throw new TidemarkError(`A payload is encrypted with the key '${id.slice(0, 100)}', which is not known here.`, {
      code: 'PAYLOAD_KEY_UNKNOWN',
      // A worker that waits for its config loses nothing: the workflow task is tried again.
      retryable: true,
      mend: 'Add it to temporal.encryption.keys: old keys stay there as long as runs that used them are kept.',
    });
  }
}

function decoded(id: string, text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES) return key;
  throw badKeys(`The key '${id}' is not ${KEY_BYTES} bytes in base64.`);
}

function badKeys(message: string): TidemarkError {
  return new TidemarkError(message, {
    code: 'PAYLOAD_KEYS',
    retryable: false,
    mend: 'Make one with: openssl rand -base64 32',
  });
}
