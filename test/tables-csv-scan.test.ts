import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { CsvScanner } from '../connectors/tables/csv-scan.js';
import { DropColumns } from '../connectors/tables/drop-columns.js';
import { pieces, seededRandom, type Random } from './support/csv-pieces.js';

/** What a scanner saw: null for NULL, text otherwise. */
function scan(
  bytes: Buffer,
  random: Random,
  options: { strict?: boolean } = {},
): { header: string[] | undefined; rows: (string | null)[][]; ends: number[]; count: number; bom: number } {
  const rows: (string | null)[][] = [];
  const ends: number[] = [];
  const scanner: CsvScanner = new CsvScanner({
    where: 't',
    strict: options.strict ?? true,
    onHeader: (names) => names.map((_, index) => ({ index, bytes: true })),
    onRow: (end) => {
      rows.push((scanner.header ?? []).map((_, slot) => (scanner.isNull(slot) ? null : scanner.text(slot))));
      ends.push(end);
    },
  });
  for (const piece of pieces(bytes, random)) scanner.push(piece);
  scanner.end();
  return { header: scanner.header, rows, ends, count: scanner.rows, bom: scanner.bomBytes };
}

const FIELDS = [
  '',
  'plain',
  'with space',
  '007',
  'a,b',
  'say "hi"',
  '""',
  'two\nlines',
  'win\r\ndows',
  'Zürich',
  '日本',
  '🚲,"x"',
  ' ',
  ',',
  '"',
  '\n',
  '-1.10',
];

function randomTable(random: Random): string[][] {
  const columns = 1 + random(6);
  const header = Array.from({ length: columns }, (_, index) => `c${index}${index === 2 ? ',"odd"\nname' : ''}`);
  const rows = Array.from({ length: random(12) }, () =>
    Array.from({ length: columns }, () => FIELDS[random(FIELDS.length)] ?? ''),
  );
  return [header, ...rows];
}

describe('CsvScanner', () => {
  it('reads what csv-parse reads, wherever the chunks are cut', () => {
    const random = seededRandom(20_251);
    for (let round = 0; round < 400; round += 1) {
      const table = randomTable(random);
      const text = stringify(table, {
        quoted_empty: true,
        // csv-stringify quotes the record delimiter in use only.
        quoted_match: /[\r\n]/u,
        quoted: random(4) === 0,
        record_delimiter: random(2) === 0 ? '\n' : '\r\n',
        eof: random(2) === 0,
      });
      const bytes = Buffer.from(text);
      const [header, ...rows] = parse(bytes);
      const seen = scan(bytes, random);
      expect(seen.header).toEqual(header);
      expect(seen.rows).toEqual(rows);
      expect(seen.count).toBe(rows.length);
      expect(seen.ends.at(-1) ?? bytes.length).toBe(bytes.length);
    }
  });

  it('gives the offset behind each row, so that a cut there makes two tables of the same rows', () => {
    const random = seededRandom(7);
    const table = [
      ['a', 'b'],
      ['1', 'x\ny'],
      ['2', '"'],
      ['3', 'z,'],
    ];
    const bytes = Buffer.from(stringify(table));
    const { ends } = scan(bytes, random);
    expect(ends.map((end, index) => bytes.subarray(index === 0 ? 4 : ends[index - 1], end).toString())).toEqual([
      '1,"x\ny"\n',
      '2,""""\n',
      '3,"z,"\n',
    ]);
  });

  it('keeps NULL and the empty string apart', () => {
    expect(scan(Buffer.from('a,b,c\n,"",x\n"",,\n'), seededRandom(1)).rows).toEqual([
      [null, '', 'x'],
      ['', null, null],
    ]);
  });

  it('reads an empty line of a one-column table as a row with NULL', () => {
    expect(scan(Buffer.from('a\n\n1\n'), seededRandom(1)).rows).toEqual([[null], ['1']]);
  });

  it('takes a byte order mark for no part of the first name, also when it comes byte by byte', () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const seen = scan(Buffer.from('\uFEFF"a",b\n1,2\n'), seededRandom(seed));
      expect(seen).toMatchObject({ header: ['a', 'b'], rows: [['1', '2']], bom: 3 });
    }
  });

  it('puts back bytes that only begin like a byte order mark', () => {
    // U+FEE0 is EF BB A0.
    for (let seed = 0; seed < 30; seed += 1) {
      expect(scan(Buffer.from('\uFEE0,b\n1,2\n'), seededRandom(seed))).toMatchObject({
        header: ['\uFEE0', 'b'],
        bom: 0,
      });
    }
  });

  it.each([
    [
      'a row with a field too few',
      'a,b\n1,2\n3\n',
      'row 2 is malformed: it has only 1 field (an empty line?) where the header has 2',
    ],
    ['a row with a field too many', 'a,b\n1,2,3\n', 'row 1 is malformed: it has 3 fields where the header has 2'],
    [
      'a last row too short, without a line end',
      'a,b,c\n1,2,3\n1,2',
      'row 2 is malformed: it has 2 fields where the header has 3',
    ],
    ['a quoted field that never ends', 'a,b\n1,"2\n3,4\n', 'row 1 is malformed: a quoted field never ends'],
    ['a header that never ends', 'a,"b\n1,2\n', 'header is malformed: a quoted field never ends'],
    [
      'a quote within a plain field',
      'a,b\n1,x"y\n',
      'row 1 is malformed: there is a quote within a field that is not in quotes',
    ],
    [
      'text behind a closing quote',
      'a,b\n1,"x"y\n',
      'row 1 is malformed: there is text behind the closing quote of a field',
    ],
    [
      'a blank behind a closing quote',
      'a,b\n"1" ,2\n',
      'row 1 is malformed: there is text behind the closing quote of a field',
    ],
    [
      'a carriage return outside quotes',
      'a,b\n1,x\ry\n',
      'row 1 is malformed: there is a carriage return outside quotes',
    ],
    [
      'two carriage returns before a line end',
      'a,b\n1,2\r\r\n',
      'row 1 is malformed: there is a carriage return outside quotes',
    ],
    [
      'a carriage return at the very end',
      'a,b\n1,2\r',
      'row 1 is malformed: there is a carriage return outside quotes',
    ],
  ])('refuses %s, naming the row', (_, text, problem) => {
    for (let seed = 0; seed < 20; seed += 1) {
      expect(() => scan(Buffer.from(text), seededRandom(seed))).toThrow(
        expect.objectContaining({ code: 'MALFORMED_CSV' }),
      );
      expect(() => scan(Buffer.from(text), seededRandom(seed))).toThrow(problem);
    }
  });

  it('counts rows of CSV that only a lenient reader takes', () => {
    const text = 'a,b\n1,x"y\n2\n"3"x,4,5\n6,c\rd\n7,\re\n8,"open\n';
    for (let seed = 0; seed < 40; seed += 1) {
      const { rows } = scan(Buffer.from(text), seededRandom(seed), { strict: false });
      expect(rows.slice(0, 1)).toEqual([['1', 'x"y']]);
      expect(rows.slice(3)).toEqual([
        ['6', 'c\rd'],
        ['7', '\re'],
        ['8', 'open\n'],
      ]);
    }
  });

  it('finds out about NULL without keeping the bytes', () => {
    const nulls: boolean[] = [];
    const scanner: CsvScanner = new CsvScanner({
      where: 't',
      onHeader: () => [{ index: 1, bytes: false }],
      onRow: () => nulls.push(scanner.isNull(0)),
    });
    for (const byte of Buffer.from('a,b\n1,\n2,""\n3," x"\n4, \n5,\r\n')) scanner.push(Buffer.of(byte));
    scanner.end();
    expect(nulls).toEqual([true, false, false, false, true]);
    expect(scanner.ends[0]).toBe(0);
  });

  it('reads a field that is larger than any chunk', () => {
    const long = 'x,"\n'.repeat(50_000);
    const bytes = Buffer.from(
      stringify([
        ['id', 'text'],
        ['1', long],
      ]),
    );
    expect(scan(bytes, seededRandom(3)).rows).toEqual([['1', long]]);
  });

  it('reads more columns than it made room for', () => {
    const header = Array.from({ length: 300 }, (_, index) => `c${index}`);
    const row = header.map((_, index) => (index % 7 === 0 ? '' : `v${index}`));
    const seen = scan(Buffer.from(`${header.join(',')}\n${row.join(',')}\n`), seededRandom(4));
    expect(seen.rows).toEqual([row.map((value) => (value === '' ? null : value))]);
  });
});

describe('DropColumns', () => {
  it('leaves out the columns, every other byte as it was, wherever the chunks are cut', () => {
    const random = seededRandom(99);
    for (let round = 0; round < 200; round += 1) {
      const table = randomTable(random);
      const width = table[0]?.length ?? 0;
      const dropped = Array.from({ length: width }, (_, index) => index).filter(() => random(2) === 0);
      if (dropped.length === width) continue;
      const delimiter = random(2) === 0 ? '\n' : '\r\n';
      const bom = random(3) === 0;
      const write = (rows: string[][]): string => stringify(rows, { quoted: true, record_delimiter: delimiter });
      const drop = new DropColumns(dropped, bom ? 3 : 0);
      const kept = [...pieces(Buffer.from(`${bom ? '\uFEFF' : ''}${write(table)}`), random)].map((piece) =>
        drop.push(piece),
      );
      expect(Buffer.concat(kept).toString()).toBe(
        write(table.map((row) => row.filter((_, index) => !dropped.includes(index)))),
      );
    }
  });
});
