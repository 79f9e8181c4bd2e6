import { describe, expect, it } from '@jest/globals';
import { byteReader } from '../connectors/postgres/index.js';

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Promise.resolve(Buffer.from(text));
}

describe('a reader of chunks', () => {
  it('[acceptance 32] reads all bytes', async () => {
    const all = await byteReader(bytes('ab', '', 'cd', 'e')).read();
    expect(all).toEqual(Buffer.from('abcde'));
  });

  it('[acceptance 33] reads all text', async () => {
    expect(await byteReader(['ab', 'é', '😀']).read()).toBe('abé😀');
  });

  it('[acceptance 34] reads one byte', async () => {
    const reader = byteReader(bytes('ab'));
    expect((await reader.read(1)).toString()).toBe('a');
    expect((await reader.read(1)).toString()).toBe('b');
  });

  it('[acceptance 35] reads what there is when more is asked for', async () => {
    const reader = byteReader(bytes('ab', 'cd'));
    expect((await reader.read(3)).toString()).toBe('abc');
    expect((await reader.read(100)).toString()).toBe('d');
  });

  it('[acceptance 36] has nothing left for a second full read', async () => {
    const reader = byteReader(bytes('ab'));
    await reader.read();
    expect(await reader.read()).toHaveLength(0);
    const text = byteReader(['ab']);
    await text.read();
    expect(await text.read()).toBe('');
  });

  it('[acceptance 37] reads all for a negative or absent size, and nothing for none', async () => {
    expect((await byteReader(bytes('ab', 'cd')).read(-1)).toString()).toBe('abcd');
    const reader = byteReader(bytes('ab', 'cd'));
    expect(await reader.read(0)).toHaveLength(0);
    expect((await reader.read()).toString()).toBe('abcd');
  });

  it('[acceptance 38] pulls chunks only when they are needed', async () => {
    let pulled = 0;
    const reader = byteReader(
      (function* () {
        for (const text of ['ab', 'cd', 'ef']) {
          pulled += 1;
          yield Buffer.from(text);
        }
      })(),
    );
    await reader.read(1);
    expect(pulled).toBe(1);
    await reader.read(1);
    expect(pulled).toBe(1);
    await reader.read(1);
    expect(pulled).toBe(2);
  });
});
