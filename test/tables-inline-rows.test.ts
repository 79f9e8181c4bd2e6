import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { cellSchema, type Cell } from '../contracts/table-reference.js';
import { inlineTable, probeCsv } from '../connectors/tables/index.js';

async function textOf(rows: Record<string, Cell>[]): Promise<string> {
  const table = inlineTable(rows);
  const bytes = await buffer(table.stream);
  expect(table.bytes).toBe(bytes.length);
  return bytes.toString();
}

describe('inlineTable', () => {
  it.each<[string, Record<string, Cell>[], string]>([
    ['NULL is an unquoted empty field, the empty string is quoted (weakness 4)', [{ a: null, b: '' }], 'a,b\n,""\n'],
    [
      'integers with gaps stay integers, booleans are lower case (weakness 5)',
      [
        { n: 1, b: true },
        { n: null, b: false },
      ],
      'n,b\n1,true\n,false\n',
    ],
    [
      'numbers are spelled as JSON spells them',
      [{ a: 1.1, b: -0.5, c: 1e21, d: 9007199254740991 }],
      'a,b,c,d\n1.1,-0.5,1e+21,9007199254740991\n',
    ],
    [
      'text stays text',
      [{ a: '00501', b: 'NA', c: '1.10', d: '9007199254740993' }],
      'a,b,c,d\n00501,NA,1.10,9007199254740993\n',
    ],
    [
      'commas, quotes and line breaks are quoted',
      [{ a: 'x,y', b: 'say "hi"', c: 'a\nb', d: 'a\rb' }],
      'a,b,c,d\n"x,y","say ""hi""","a\nb","a\rb"\n',
    ],
    [
      'columns come in the order in which they are first met, what a row lacks is NULL',
      [{ b: 1 }, { a: 2 }, { b: 3, c: 4 }],
      'b,a,c\n1,,\n,2,\n3,,4\n',
    ],
    ['column names are quoted where they must be', [{ 'a,b': 1, '': 2 }], '"a,b",""\n1,2\n'],
    [
      'a column named like something that objects have is a column',
      [JSON.parse('{"__proto__": 1, "toString": 2}'), { x: 3 }],
      '__proto__,toString,x\n1,2,\n,,3\n',
    ],
    ['no rows are no bytes', [], ''],
  ])('%s', async (_, rows, text) => {
    expect(await textOf(rows)).toBe(text);
  });

  it('is given no number that JSON has rounded', () => {
    expect(cellSchema.safeParse(9007199254740993).success).toBe(false);
    expect(cellSchema.safeParse('9007199254740993').success).toBe(true);
  });
});

describe('probeCsv', () => {
  it('reads no further than it must, and releases the table', async () => {
    let read = 0;
    const stream = Readable.from(
      (function* () {
        for (;;) {
          read += 1;
          yield Buffer.from('a,b\n1,2\n');
        }
      })(),
    );
    expect(await probeCsv({ stream })).toBe('rows');
    expect(read).toBeLessThan(100);
    expect(stream.destroyed).toBe(true);
  });

  it.each([
    [[], 'empty'],
    [['a,b'], 'empty'],
    [['a,"', '\n"', '\n'], 'empty'],
    [['a\n', '\n'], 'rows'],
    [['a', '\n1'], 'rows'],
  ] as const)('finds %j %s (weakness 25)', async (chunks, presence) => {
    expect(await probeCsv({ stream: Readable.from(chunks.map((chunk) => Buffer.from(chunk))) })).toBe(presence);
  });
});
