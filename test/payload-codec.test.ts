import { randomBytes, webcrypto } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { EncryptionCodec, isEncrypted, KeyRing } from '../workers/encryption/index.js';

const key = (): string => randomBytes(32).toString('base64');
const keys = { old: key(), new: key() };
const codec = (current: keyof typeof keys, known: Record<string, string> = keys) =>
  new EncryptionCodec(new KeyRing({ keys: known, current }));
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const read = (one: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(one ?? {});
const text = (one: Payload | undefined): string =>
  Buffer.concat([...Object.values(one?.metadata ?? {}), one?.data ?? Buffer.of()]).toString('latin1');

describe('an encrypted payload', () => {
  it('holds nothing of the value, and comes back as it was', async () => {
    const values = [{ name: 'Ann' }, null, undefined, 'ü'.repeat(1_000), Buffer.from([0, 255])];
    const encoded = await codec('new').encode(values.map(payload));
    expect(encoded.every(isEncrypted)).toBe(true);
    expect(text(encoded[0])).not.toMatch(/Ann|name|json/u);
    expect((await codec('new').decode(encoded)).map(read)).toEqual(values);
  });

  it('is another one each time', async () => {
    const [one, two] = await codec('new').encode([payload('same'), payload('same')]);
    expect(text(one)).not.toBe(text(two));
  });

  it('names its key: one that was written with an old key is read after the rotation, by who still has it', async () => {
    const encoded = await codec('old').encode([payload('kept')]);
    expect(Buffer.from(encoded[0]?.metadata?.['encryption-key-id'] ?? []).toString()).toBe('old');
    expect((await codec('new').decode(encoded)).map(read)).toEqual(['kept']);
    await expect(codec('new', { new: keys.new }).decode(encoded)).rejects.toMatchObject({
      code: 'PAYLOAD_KEY_UNKNOWN',
      message: expect.stringContaining("'old'"),
    });
  });

  it('that was altered, or whose key id stands for another key, is refused, and no key is in the error', async () => {
    const [encoded] = await codec('new').encode([payload('whole')]);
    const data = Buffer.from(encoded?.data ?? []);
    data[20] = (data[20] ?? 0) ^ 1;
    for (const [one, known] of [
      [{ ...encoded, data }, keys],
      [{ ...encoded, data: data.subarray(0, 5) }, keys],
      [encoded ?? {}, { new: keys.old }],
    ] as const) {
      const error: unknown = await codec('new', known)
        .decode([one])
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'PAYLOAD_UNREADABLE' });
      expect(String(error)).not.toContain(keys.old);
    }
  });

  it("has the layout of Temporal's own samples: nonce, ciphertext, tag", async () => {
    const [encoded] = await codec('new').encode([payload('read by others')]);
    const data = Buffer.from(encoded?.data ?? []);
    const raw = Buffer.from(keys.new, 'base64');
    const imported = await webcrypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
    const plain = await webcrypto.subtle.decrypt(
      { name: 'AES-GCM', iv: data.subarray(0, 12) },
      imported,
      data.subarray(12),
    );
    expect(Buffer.from(plain).toString()).toContain('"read by others"');
  });
});

it('a payload from before encryption passes as it is', async () => {
  expect(await codec('new').decode([payload('plain')])).toEqual([payload('plain')]);
});

it.each([
  [{ keys: { a: 'short' }, current: 'a' }, "The key 'a' is not 32 bytes"],
  [{ keys: { a: keys.old }, current: 'b' }, "The current key 'b' is none of the keys"],
])('keys that do not fit are refused', (config, message) => {
  expect(() => new KeyRing(config)).toThrow(message);
});
