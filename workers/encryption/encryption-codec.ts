import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { TidemarkError } from '../../contracts/errors.js';
import type { KeyRing } from './key-ring.js';

// A CommonJS module, whose names Node does not see.
const PayloadMessage = proto.temporal.api.common.v1.Payload;

const ENCODING = 'binary/encrypted';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts each payload whole, metadata included, with AES-256-GCM: 12 bytes of nonce, the ciphertext, 16 bytes of tag. The metadata and the
 * layout are those of Temporal's own samples (Go, Python, TypeScript), so a client in another language can use theirs.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #keys: KeyRing;

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return settled(() => payloads.map((payload) => this.#encrypt(payload)));
  }

  /** What is not encrypted passes: it was written before encryption was switched on. */
  decode(payloads: Payload[]): Promise<Payload[]> {
    return settled(() => payloads.map((payload) => (isEncrypted(payload) ? this.#decrypt(payload) : payload)));
  }

  #encrypt(payload: Payload): Payload {
    const id = this.#keys.current;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keys.key(id), iv);
    const plain = PayloadMessage.encode(payload).finish();
    return {
      metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(id) },
      data: Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]),
    };
  }

  #decrypt({ metadata, data }: Payload): Payload {
    const key = this.#keys.key(textOf(metadata?.['encryption-key-id']));
    const bytes = Buffer.from(data ?? []);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      const { metadata: inner, data: value } = PayloadMessage.decode(plain);
      return { metadata: inner, data: value };
    } catch (cause) {
      throw new TidemarkError(
        'A payload cannot be decrypted: it was altered, or its key id stands for another key here.',
        {
          code: 'PAYLOAD_UNREADABLE',
          retryable: true,
          mend: 'Give the key of this id the value that it had when the payload was written; a new key gets a new id.',
          cause,
        },
      );
    }
  }
}

export function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.['encoding']) === ENCODING;
}

const textOf = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : Buffer.from(bytes).toString());

/** What throws at once becomes a rejection. */
async function settled<T>(work: () => T): Promise<T> {
  return Promise.resolve().then(work);
}
