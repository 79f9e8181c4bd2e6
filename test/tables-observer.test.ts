import { isUtf8 } from 'node:buffer';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CsvObserver } from '../connectors/tables/index.js';
import { InstantReader } from '../connectors/tables/instant.js';
import { KeyHash } from '../connectors/tables/key-hash.js';
import { KeyIndex } from '../connectors/tables/key-index.js';
import { Utf8Guard } from '../connectors/tables/utf8-guard.js';
import { pieces, seededRandom } from './support/csv-pieces.js';

describe('CsvObserver', () => {
  function observe(text: string, maxOf?: string, seed = 1): CsvObserver {
    const observer = new CsvObserver(maxOf === undefined ? {} : { maxOf });
    for (const piece of pieces(Buffer.from(text), seededRandom(seed))) observer.observe(piece);
    observer.end();
    return observer;
  }

  it('counts rows and bytes, line breaks within quotes aside, wherever the chunks are cut', () => {
    const text = 'a,b\n1,"x\ny"\n2,"""\n"""\n3,z';
    for (let seed = 0; seed < 50; seed += 1) {
      expect(observe(text, undefined, seed)).toMatchObject({ rows: 3, bytes: text.length, header: ['a', 'b'] });
    }
  });

  it('counts no rows in nothing at all (weakness 25)', () => {
    expect(observe('')).toMatchObject({ rows: 0, bytes: 0, header: undefined, max: undefined });
  });

  it.each([
    [
      'two-digit offsets, as the server writes them (weakness 35)',
      ['2025-03-01 12:00:00+00', '2025-03-01 11:59:59.999999+00'],
      '2025-03-01T12:00:00+00:00',
    ],
    [
      'different offsets, compared as instants and not as text',
      ['2025-03-01T12:00:00+02', '2025-03-01T11:00:00+00', '2025-03-01T09:30:00-01:30'],
      '2025-03-01T11:00:00+00:00',
    ],
    [
      'fractions of different length',
      ['2025-03-01 12:00:00.1+00', '2025-03-01 12:00:00.099999+00', '2025-03-01 12:00:00+00'],
      '2025-03-01T12:00:00.1+00:00',
    ],
    [
      'an offset of hours and minutes, with and without a colon',
      ['2025-03-01T00:00:00+0530', '2025-02-28T18:29:59Z'],
      '2025-03-01T00:00:00+05:30',
    ],
    ['no offset, which is UTC', ['2025-03-01 12:00:00', '2025-03-01T13:00:00+02'], '2025-03-01T12:00:00+00:00'],
    ['a date alone', ['2025-03-01', '2025-02-28T23:59:59+00'], '2025-03-01T00:00:00+00:00'],
    ['the high date', ['2025-03-01 12:00:00+00', '9999-12-31T00:00:00+00'], '9999-12-31T00:00:00+00:00'],
    ['leap days', ['2024-02-29T23:59:59+00', '2024-03-01T00:00:00+01'], '2024-02-29T23:59:59+00:00'],
    ['a NULL between them', ['2025-03-01 12:00:00+00', '', '2025-03-02 12:00:00+00'], '2025-03-02T12:00:00+00:00'],
  ])('finds the largest of instants with %s', (_, values, largest) => {
    const text = `id,trdm_created_at\n${values.map((value, index) => `${index},${value}\n`).join('')}`;
    for (let seed = 0; seed < 20; seed += 1) expect(observe(text, 'trdm_created_at', seed).max).toBe(largest);
  });

  it.each([
    ['no row', 'id,at\n'],
    ['no such column', 'id\n2025-03-01\n'],
    ['NULL alone', 'id,at\n1,\n'],
    ['a value that is no instant, so that a mark never runs ahead of it', 'id,at\n1,2025-03-01 00:00:00+00\n2,soon\n'],
    ['an impossible date', 'id,at\n1,2025-13-01 00:00:00+00\n'],
  ])('has no largest instant where there is %s', (_, text) => {
    expect(observe(text, 'at').max).toBeUndefined();
  });

  it('reads instants as Date does, where Date can', () => {
    const random = seededRandom(42);
    const reader = new InstantReader();
    for (let round = 0; round < 2_000; round += 1) {
      const date = new Date(
        Date.UTC(1600 + random(8_000), random(12), 1 + random(31), random(24), random(60), random(60)),
      );
      const text = Buffer.from(`xx${date.toISOString().slice(0, 19)}+00yy`);
      expect(reader.read(text, 2, text.length - 2)).toBe(true);
      expect(reader.seconds).toBe(date.getTime() / 1_000);
    }
  });

  it('refuses bytes that are not UTF-8, naming the row', () => {
    const observer = new CsvObserver({ where: 'table "t"' });
    observer.observe(Buffer.from('a\n1\n2\n'));
    expect(() => observer.observe(Buffer.of(0xe9, 0x0a))).toThrow(
      expect.objectContaining({ code: 'BAD_ENCODING', retryable: false }),
    );
  });
});

describe('Utf8Guard', () => {
  const valid = ['ASCII', 'é', '日本語', '🚲🚲', '\u{10FFFF}', '\uFEFF', 'mixed é 日 🚲 \u0000'];
  const invalid = [
    [0xff],
    [0x80],
    [0xc0, 0x80],
    [0xc1, 0xbf],
    [0xe0, 0x9f, 0xbf],
    [0xed, 0xa0, 0x80],
    [0xf0, 0x8f, 0xbf, 0xbf],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80],
    [0xe9, 0x41],
    [0xf0, 0x9f, 0x41],
    [0xe2, 0x82],
  ];

  function accepts(bytes: Buffer, seed: number): boolean {
    const guard = new Utf8Guard();
    for (const piece of pieces(bytes, seededRandom(seed))) if (guard.check(piece) >= 0) return false;
    return !guard.incomplete;
  }

  it('takes what is UTF-8 and refuses what is not, wherever the chunks are cut', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 1_500; round += 1) {
      const parts = Array.from({ length: random(5) }, () => Buffer.from(valid[random(valid.length)] ?? ''));
      if (random(2) === 0)
        parts.splice(random(parts.length + 1), 0, Buffer.from(invalid[random(invalid.length)] ?? []));
      const bytes = Buffer.concat(parts);
      expect(accepts(bytes, round)).toBe(isUtf8(bytes));
    }
  });

  it('says how many bytes are well before the first that is not', () => {
    const good = Buffer.from('é\n日\n🚲\n'.repeat(500));
    for (const bad of invalid) {
      expect(new Utf8Guard().check(Buffer.concat([good, Buffer.from(bad), Buffer.from('rest of it')]))).toBe(
        good.length,
      );
    }
  });
});

describe('KeyIndex', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  /** Indexes keys of one field; a small `blocks` makes it write to its file. */
  async function repeatsOf(
    keys: Iterable<string>,
    blocks: number,
  ): Promise<{ rows: number; isRepeated: (key: string) => boolean }> {
    const hash = new KeyHash();
    const index = new KeyIndex(directory, blocks);
    const slots = Int32Array.of(0);
    const hashOf = (key: string): void => {
      const bytes = Buffer.from(key);
      hash.of(bytes, Int32Array.of(0), Int32Array.of(bytes.length), slots);
    };
    try {
      for (const key of keys) {
        hashOf(key);
        index.add(hash.high, hash.low);
        if (index.isFull) await index.spill();
      }
      const repeated = await index.repeated(() => undefined);
      return {
        rows: repeated.rows,
        isRepeated: (key) => {
          hashOf(key);
          return repeated.has(hash.high, hash.low);
        },
      };
    } finally {
      await index.dispose();
    }
  }

  it.each([
    ['in memory', 1_000_000],
    ['in its file', 20],
  ])('finds exactly the keys that repeat, %s, and leaves no file behind', async (_, blocks) => {
    const keys = Array.from({ length: 200_000 }, (_, index) => `k${index}`);
    for (let index = 0; index < 200_000; index += 20_000) keys.push(`k${index}`, `k${index}`);
    const repeated = await repeatsOf(keys, blocks);
    expect(repeated.rows).toBe(20);
    expect(repeated.isRepeated('k40000')).toBe(true);
    expect(repeated.isRepeated('k40001')).toBe(false);
    expect(await readdir(directory)).toEqual([]);
  });

  it('finds nothing where nothing repeats', async () => {
    expect(
      (
        await repeatsOf(
          Array.from({ length: 300_000 }, (_, index) => String(index * 7)),
          100,
        )
      ).rows,
    ).toBe(0);
  });

  it('tells composite keys apart by where their fields end', () => {
    const hash = new KeyHash();
    const slots = Int32Array.of(0, 1);
    const bytes = Buffer.from('abc');
    const hashOf = (cut: number): string => {
      hash.of(bytes, Int32Array.of(0, cut), Int32Array.of(cut, 3), slots);
      return `${hash.high},${hash.low}`;
    };
    expect(new Set([0, 1, 2, 3].map(hashOf)).size).toBe(4);
  });
});
