import { describe, expect, it } from '@jest/globals';
import { lenientCsv } from '../connectors/postgres/quarantine/lenient-csv.js';
import { bad, cut, quarantineSite } from './support/quarantine.js';

const site = quarantineSite();
const { sort } = site;

describe('rows of CSV', () => {
  it('that COPY would stop at go to the quarantine, the others arrive untouched', async () => {
    await site.client.query("CREATE TABLE target (a integer, b text, c text NOT NULL DEFAULT 'unused')");
    const csv = Buffer.concat([
      Buffer.from('1,"a, ""b""\nc",x\r\n,,"y"\n2,,\n3,a\n4,a,b,c\n\n5,"\0",x\n6,'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(',x\n7,"a\rb",\\.\n8,a\rb,x\nnine,"",x\n10,,"'),
    ]);
    const result = await sort({ csv, columns: ['a', 'b', 'c'] }, 11);
    expect(result).toMatchObject({ rows: 3, quarantined: 9 });
    expect(result.good).toEqual([
      { a: 1, b: 'a, "b"\nc', c: 'x' },
      { a: null, b: null, c: 'y' },
      { a: 7, b: 'a\rb', c: '\\.' },
    ]);
    expect(result.bad).toEqual([
      bad(13, 'c', 'POSTGRES_NOT_NULL', { a: '2', b: null, c: null }),
      bad(14, null, 'POSTGRES_ROW_WIDTH', ['3', 'a']),
      bad(15, null, 'POSTGRES_ROW_WIDTH', ['4', 'a', 'b', 'c']),
      bad(16, null, 'POSTGRES_ROW_WIDTH', [null]),
      bad(17, 'b', 'POSTGRES_BAD_VALUE', { a: '5', b: '\ufffd', c: 'x' }),
      bad(18, 'b', 'POSTGRES_BAD_VALUE', { a: '6', b: '\ufffd\ufffd', c: 'x' }),
      bad(20, 'b', 'POSTGRES_BAD_VALUE', { a: '8', b: 'a\rb', c: 'x' }),
      bad(21, 'a', 'POSTGRES_BAD_VALUE', { a: 'nine', b: '', c: 'x' }),
      bad(22, null, 'POSTGRES_BAD_VALUE', { a: '10', b: null, c: '' }),
    ]);
    expect(result.bad.slice(5)).toMatchObject([
      { reason: 'bytes that are not UTF-8' },
      { reason: 'a carriage return outside quotes' },
      { reason: expect.stringContaining('(integer)') },
      { reason: 'a quote is not closed' },
    ]);
  });

  it('of one column, and of columns in another order or left out, are read as COPY reads them', async () => {
    await site.client.query('CREATE TABLE target (a text, b integer, c text)');
    expect((await sort({ csv: '\\.\n\n""\nlast', columns: ['a'] })).good).toEqual(
      ['\\.', null, '', 'last'].map((a) => ({ a, b: null, c: null })),
    );
    await site.client.query('TRUNCATE target');
    expect(await sort({ csv: 'x,1\ny,z\n', columns: ['c', 'b'] })).toMatchObject({
      good: [{ a: null, b: 1, c: 'x' }],
      bad: [{ n: 2, column: 'b', row: { c: 'y', b: 'z' } }],
    });
  });

  it('are as many as COPY finds, wherever the bytes are cut', async () => {
    const csv = Buffer.from('a,"b\n""c,"\r\n"",\n,ä🎉\n"x"y"z",1\n');
    const whole = Buffer.from('a,"b\n""c,",\n"",,\n,ä🎉,\n"x"y"z",1,\n');
    for (let size = 1; size <= csv.length; size += 1) {
      const parts: Uint8Array[] = [];
      for await (const part of lenientCsv(cut(csv, size), ['a', 'b'], 't')) parts.push(part);
      expect(Buffer.concat(parts).equals(whole)).toBe(true);
    }
  });

  it('whose quote is never closed are not held in memory for ever', async () => {
    const endless = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('1,"');
      for (;;) yield await Promise.resolve(Buffer.alloc(4_000_000, 'rowsecret'));
    };
    const read = async (): Promise<void> => {
      for await (const part of lenientCsv(endless(), ['a', 'b'], 'target')) expect(part.length).toBe(0);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'MALFORMED_CSV',
      message: expect.not.stringContaining('rowsecret'),
    });
  });
});
