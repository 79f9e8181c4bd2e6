import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import binaryen from 'binaryen';
import { CsvScanner, type WatchedColumn } from '../connectors/tables/csv-scan.js';
import { CsvStructure } from '../connectors/tables/csv-structure.js';
import { CSV_STRUCTURE_CODE } from '../connectors/tables/csv-structure-code.js';
import { seededRandom, type Random } from './support/csv-pieces.js';

interface Seen {
  header: string[] | undefined;
  rows: string[];
  count: number;
  error: string | undefined;
}

/** What a scanner saw of bytes that came in chunks of this size: in chunks of few bytes it looks at each byte by itself. */
function scan(bytes: Buffer, chunk: number, strict: boolean, watch: (names: string[]) => WatchedColumn[]): Seen {
  const rows: string[] = [];
  let watched: WatchedColumn[] = [];
  const scanner: CsvScanner = new CsvScanner({
    where: 't',
    strict,
    onHeader: (names) => (watched = watch(names)),
    onRow: (end) => {
      const fields = watched.map(({ bytes: kept }, slot) =>
        scanner.isNull(slot) ? null : kept ? scanner.text(slot) : 'present',
      );
      rows.push(JSON.stringify([end, scanner.rows, ...fields]));
    },
  });
  let error: string | undefined;
  try {
    for (let at = 0; at < bytes.length; at += chunk) scanner.push(bytes.subarray(at, at + chunk));
    scanner.end();
  } catch (thrown) {
    error = (thrown as Error).message;
  }
  return { header: scanner.header, rows, count: scanner.rows, error };
}

const all = (names: string[]): WatchedColumn[] => names.map((_, index) => ({ index, bytes: true }));

function expectSame(bytes: Buffer, strict: boolean, watch = all): Seen {
  const bytewise = scan(bytes, 7, strict, watch);
  for (const chunk of [bytes.length, 65_536, 700, 5_003]) expect(scan(bytes, chunk, strict, watch)).toEqual(bytewise);
  return bytewise;
}

const FIELDS = [
  '',
  '""',
  'plain',
  '"a,b"',
  '"say ""hi"""',
  '""""',
  '"two\nlines"',
  '"win\r\ndows"',
  '"\r"',
  'Zürich',
  '1',
];

/** Rows as they should be; `odd` of 1,000 fields are replaced by what readers of CSV disagree about, or change the row's length. */
function table(random: Random, rows: number, columns: number, odd: number): Buffer {
  const end = random(2) === 0 ? '\n' : '\r\n';
  const oddities = ['a"b', '"a"b', 'a\rb', ',', '"', '\r', '\n', ' "x"', '"x" '];
  const field = (): string =>
    random(1_000) < odd ? (oddities[random(oddities.length)] ?? '') : (FIELDS[random(FIELDS.length)] ?? '');
  const row = (): string => Array.from({ length: columns }, field).join(',');
  const header = Array.from({ length: columns }, (_, index) => `c${index}`).join(',');
  const last = random(2) === 0 ? '' : end;
  return Buffer.from([header, ...Array.from({ length: rows }, row)].join(end) + last);
}

describe('CsvStructure', () => {
  it('is what its text compiles to', async () => {
    const text = await readFile(path.resolve('connectors/tables/csv-structure.wat'), 'utf8');
    const module = binaryen.parseText(text);
    module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.MutableGlobals);
    expect(module.validate()).toBe(1);
    // Its small functions go into the loop: calling them would cost as much as all the rest.
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(0);
    binaryen.setAlwaysInlineMaxSize(1_000);
    module.optimize();
    const code = Buffer.from(module.emitBinary()).toString('base64');
    module.dispose();
    // When this fails after a change of the text: this value belongs into csv-structure-code.ts.
    expect(CSV_STRUCTURE_CODE).toBe(code);
  });

  it('finds the commas and line feeds outside quotes, and stops before what is odd', () => {
    const csv = CsvStructure.load();
    if (csv === undefined) throw new Error('this processor has no vector instructions for WebAssembly');
    const marks = (text: string): number[] => [...csv.marks.subarray(0, csv.index(Buffer.from(text)))];
    expect(marks('a,"b,\n""c",d\ne')).toEqual([1, 10, 12]);
    expect(csv.lines).toBe(1);
    expect(marks('a\r\n,"x"\r\n')).toEqual([2, 3, 8]);
    expect(csv.lines).toBe(2);
    const regular = 'abc,def\n'.repeat(16);
    for (const odd of ['a"b,c\n', '"a"b,c\n', 'a\rb,c\n']) {
      expect(marks(regular + odd)).toEqual(marks(regular));
      expect(csv.lines).toBe(16);
    }
  });
});

describe('CsvScanner with whole rows at once', () => {
  it('sees what it sees byte by byte', () => {
    const random = seededRandom(4_711);
    for (let round = 0; round < 60; round += 1) {
      const seen = expectSame(table(random, 200 + random(600), 1 + random(8), 0), random(2) === 0);
      expect(seen.error).toBeUndefined();
    }
  });

  it('sees the same and refuses the same where bytes are odd or rows of another length', () => {
    const random = seededRandom(4_712);
    let refused = 0;
    for (let round = 0; round < 120; round += 1) {
      const bytes = table(random, 300, 1 + random(6), 1 + random(4));
      expectSame(bytes, false);
      if (expectSame(bytes, true).error !== undefined) refused += 1;
    }
    expect(refused).toBeGreaterThan(50);
  });

  it('sees the same when only some columns are watched, or whether they are NULL', () => {
    const random = seededRandom(4_713);
    for (let round = 0; round < 40; round += 1) {
      const bytes = table(random, 400, 5, 0);
      const watch = [{ index: 4, bytes: random(2) === 0 }, ...(round % 2 === 0 ? [{ index: 1, bytes: true }] : [])];
      expectSame(bytes, true, () => watch);
      expectSame(bytes, true, () => []);
    }
  });

  it('takes rows of a hundred columns, and rows longer than what it looks at in one go', () => {
    const random = seededRandom(4_714);
    expectSame(table(random, 100, 100, 0), true);
    const long = `"${'x,"",\n'.repeat(30_000)}"`;
    const seen = expectSame(Buffer.from(`a,b\n1,2\n${long},3\n${'4,5\n'.repeat(500)}`), true);
    expect(seen.count).toBe(502);
  });
});
