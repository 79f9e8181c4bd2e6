import { describe, expect, it } from '@jest/globals';
import { KeyHash } from '../connectors/tables/key-hash.js';
import { RepeatedHashes } from '../connectors/tables/key-index.js';
import { findDuplicates } from '../connectors/titanrdm/duplicate-keys.js';

/** A hash so bad that keys share it by their first three characters: what a good one won't do on demand. */
class Beginning extends KeyHash {
  override of(bytes: Uint8Array, starts: Int32Array, ends: Int32Array): void {
    this.high = beginningOf(Buffer.from(bytes.subarray(starts[0], ends[0])).toString());
    this.low = 1;
  }
}

function beginningOf(key: string): number {
  return Buffer.from(key.padEnd(3).slice(0, 3)).readUIntBE(0, 3);
}

async function search(keys: string[]): Promise<void> {
  const hash = new Beginning();
  const repeated = new RepeatedHashes();
  const seen = new Set<number>();
  for (const key of keys) {
    const beginning = beginningOf(key);
    if (seen.has(beginning)) repeated.note(beginning, 1);
    seen.add(beginning);
  }
  const csv = Buffer.from(`other,key\n${keys.map((key) => `x,${key}\n`).join('')}`);
  await findDuplicates({
    table: 't',
    keyNames: ['key'],
    hash,
    repeated,
    feed: async (scanner) => {
      await Promise.resolve();
      scanner.push(csv);
    },
  });
}

describe('findDuplicates', () => {
  it('takes keys that only share a hash for different ones', async () => {
    await expect(search(['aaa1', 'aaa2', 'bbb1', 'aaa3', 'bbb2', 'c'])).resolves.toBeUndefined();
  });

  it('finds the keys that are the same among those that share a hash, and counts only them', async () => {
    await expect(search(['aaa1', 'aaa2', 'bbb1', 'aaa1', 'bbb2', 'aaa3', 'bbb2', 'aaa1'])).rejects.toThrow(
      'rows 4 (as row 1), 7 (as row 5), 8 (as row 1).',
    );
  });

  it('goes on behind many hashes that are only shared', async () => {
    // 300 beginnings, each shared by two different keys.
    const keys = Array.from({ length: 600 }, (_, index) => `${String(index % 300).padStart(3, '0')}${index}`);
    await expect(search(keys)).resolves.toBeUndefined();
    await expect(search([...keys, keys[299]!])).rejects.toThrow('row 601 (as row 300).');
  });

  it('says of more keys than it looks at one by one how many rows they have', async () => {
    const keys = Array.from({ length: 500 }, (_, index) => String(index).padStart(3, '0'));
    await expect(search([...keys, ...keys])).rejects.toThrow(
      'rows 501 (as row 1), 502 (as row 2), 503 (as row 3), 504 (as row 4), 505 (as row 5) and 495 more.',
    );
  });
});
