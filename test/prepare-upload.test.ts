import { describe, expect, it } from '@jest/globals';
import { stringify } from 'csv-stringify/sync';
import { SYSTEM_COLUMNS } from '../connectors/titanrdm/upload-rules.js';
import { columnsOf, mappingOf } from './support/upload-tables.js';
import { failure, prepare, prepareUploads, sent, SOURCES, streamOf } from './support/prepared-uploads.js';

prepareUploads();

describe.each(SOURCES)('prepareUpload, from %s', (_, source) => {
  it('sends the bytes as they are: zeros, NA, large integers, scale, NULL and "" (weaknesses 3, 4 and 5)', async () => {
    const content = 'id,name,note\n00501,NA,""\n9007199254740993,1.10,\n3,"say ""hi"",\nthen true",null\n';
    const upload = await prepare(await source(content));
    expect(upload).toMatchObject({ rows: 3, bytes: content.length, warnings: [] });
    expect(await sent(upload)).toEqual([content]);
    // Again, as a second try would.
    expect(await sent(upload)).toEqual([content]);
  });

  it('takes CRLF and a last row without a line end', async () => {
    const content = 'id,name,note\r\n1,a,\r\n2,b,c';
    const upload = await prepare(await source(content));
    expect(upload.rows).toBe(2);
    expect(await sent(upload)).toEqual([content]);
  });

  it('leaves a byte order mark out', async () => {
    const upload = await prepare(await source('\uFEFFid,name,note\n1,a,b\n'));
    expect(upload).toMatchObject({ rows: 1, bytes: 19 });
    expect(await sent(upload)).toEqual(['id,name,note\n1,a,b\n']);
  });

  it.each(['', '\uFEFF'])('sends a table without a byte (%j) as a header (weakness 25)', async (content) => {
    const upload = await prepare(await source(content));
    expect(upload).toMatchObject({ rows: 0, bytes: 13 });
    expect(await sent(upload)).toEqual(['id,name,note\n']);
  });

  it.each(['id,name,note', 'id,name,note\n'])('takes %j for an empty table', async (content) => {
    const upload = await prepare(await source(content));
    expect(upload).toMatchObject({ rows: 0, parts: [{ rows: 0 }] });
    expect(await sent(upload)).toEqual([content]);
  });

  it.each<[string, string, string | Buffer, string]>([
    ['MALFORMED_CSV', 'a row too long', 'id,name,note\n1,secret,b\n2,secret,b,c\n', 'row 2'],
    ['MALFORMED_CSV', 'a row too short', 'id,name,note\n1,a\n', 'row 1'],
    ['MALFORMED_CSV', 'an empty line', 'id,name,note\n1,a,b\n\n', 'row 2'],
    ['MALFORMED_CSV', 'a quote never closed', 'id,name,note\n1,"secret,b\n2,a,b\n', 'row 1'],
    ['MALFORMED_CSV', 'two columns of one name', 'id,name,name\n1,a,b\n', '"name"'],
    ['BAD_ENCODING', 'Latin-1', Buffer.from('id,name,note\n1,a,b\n2,Z\u00fcrich secret,b\n', 'latin1'), 'row 2'],
    [
      'BAD_ENCODING',
      'a character cut off at the end',
      Buffer.concat([Buffer.from('id,name,note\n1,a,'), Buffer.of(0xc3)]),
      'row 1',
    ],
    ['UNKNOWN_COLUMNS', 'a column too many', 'id,name,note,extra\n1,a,b,secret\n', '"extra"'],
    ['MISSING_COLUMNS', 'a column too few', 'id,name\n1,secret\n', '"note"'],
    ['MISSING_REQUIRED_VALUES', 'a key without a value', 'id,name,note\n1,a,\n,secret,b\n', '"id"): row 2'],
    [
      'MISSING_REQUIRED_VALUES',
      'required values missing',
      `id,name,note\n${'1,,x\n'.repeat(7)}`,
      '"name"): rows 1, 2, 3, 4, 5 and 2 more',
    ],
    [
      'DUPLICATE_KEYS',
      'a key twice',
      'id,name,note\nsecret,a,\n2,a,\nsecret,b,\n',
      '("id") that occur more than once: row 3 (as row 1)',
    ],
    ['UNEXPECTED_TRANSACTION_CODES', 'codes under full', 'id,name,note,trdm_tran_code\n1,a,b,i\n', '"trdm_tran_code"'],
  ])('refuses with %s: %s', async (code, __, content, place) => {
    const error = await failure(source(content));
    expect(error).toMatchObject({ code, retryable: false });
    expect(error.message).toContain('cust_customers');
    expect(error.message).toContain(place);
    expect(error.message).not.toContain('secret');
  });

  it('takes the empty string for a value where one is required, and NULL for none', async () => {
    expect((await prepare(await source('id,name,note\n1,"",\n'))).rows).toBe(1);
    expect((await failure(source('id,name,note\n1,,\n'))).code).toBe('MISSING_REQUIRED_VALUES');
  });

  it('compares keys as CSV text: quoted or not, 1 and 01 and 1.0 apart, text and number the same (weakness 16)', async () => {
    expect((await failure(source('id,name,note\n1,a,\n"1",b,\n'))).code).toBe('DUPLICATE_KEYS');
    expect((await failure(source('id,name,note\n"a""b",a,\n"a""b",b,\n'))).code).toBe('DUPLICATE_KEYS');
    expect((await prepare(await source('id,name,note\n1,a,\n01,a,\n1.0,a,\n" 1",a,\nA,a,\na,a,\n"",a,\n'))).rows).toBe(
      7,
    );
  });

  it('compares composite keys whole', async () => {
    const table = { columns: columnsOf('a*', 'b*', 'c') };
    const unique = 'a,b,c\n1,23,x\n12,3,x\n1,2,x\n2,1,x\n"1,2",3,x\n1,"2,3",x\n';
    expect((await prepare(await source(unique), table)).rows).toBe(6);
    const error = await failure(source(`${unique}12,"3",y\n`), table);
    expect(error.message).toContain('("a", "b") that occur more than once: row 7 (as row 2)');
  });

  it('names the first rows that repeat a key, and how many more there are', async () => {
    const rows = Array.from({ length: 3_000 }, (__, index) => `${index % 2_900},a,\n`).join('');
    const error = await failure(source(`id,name,note\n${rows}`));
    expect(error.message).toContain(
      'rows 2901 (as row 1), 2902 (as row 2), 2903 (as row 3), 2904 (as row 4), 2905 (as row 5) and 95 more',
    );
  });

  it('counts rows and bytes alone when it is told not to validate', async () => {
    const content = 'id,surplus\n1,a,b\n1,x"y\n,\n';
    const upload = await prepare(await source(content), { validate: false });
    expect(upload.rows).toBe(3);
    expect(await sent(upload)).toEqual([content]);
  });

  it('sends by the names that an import mapping expects (weakness 15)', async () => {
    const mapping = mappingOf({
      columns: [
        { source: 'Kunde', target: 'id' },
        { source: 'name', target: 'name' },
      ],
    });
    expect((await prepare(await source('name,Kunde\na,1\na,2\n'), { mapping })).rows).toBe(2);
    expect((await failure(source('name,Kunde\na,1\nb,1\n'), { mapping })).code).toBe('DUPLICATE_KEYS');
    const half = { mapping, columns: columnsOf('country*', 'id*', 'name') };
    // The mapping does not fill the other half of the key, so equal halves prove nothing.
    expect((await prepare(await source('name,Kunde\na,1\nb,1\n'), half)).rows).toBe(2);
  });

  it('finds duplicates among a hundred thousand keys, in the last row', async () => {
    const rows = Array.from({ length: 100_000 }, (__, index) => `key-${index},a,\n`).join('');
    expect((await prepare(await source(`id,name,note\n${rows}`))).rows).toBe(100_000);
    expect((await failure(source(`id,name,note\n${rows}key-77,b,\n`))).message).toContain('row 100001 (as row 78)');
  });
});

describe('prepareUpload, transaction codes', () => {
  const pattern = 'incremental_with_delete';
  const header = 'id,name,note,trdm_tran_code\n';

  it('takes i, u and d in any case, with blanks around them, quoted or not', async () => {
    const upload = await prepare(streamOf(`${header}1,a,,i\n2,a,,U\n3,a,," d "\n4,a,,"D"\n`), { pattern });
    expect(upload.rows).toBe(4);
  });

  it('refuses any other, blank ones too, naming rows and never the code', async () => {
    const error = await failure(
      streamOf(`${header}1,a,,i\n2,a,,\n3,a,,x\n4,a,,"  "\n5,a,,ii\n6,a,,insert\n7,a,,""\n8,a,,u\n`),
      { pattern },
    );
    expect(error.code).toBe('BAD_TRANSACTION_CODES');
    expect(error.message).toContain('rows 2, 3, 4, 5, 6 and 1 more');
    expect(error.message).not.toContain('insert');
  });

  it('asks for codes where there are none', async () => {
    expect((await failure(streamOf('id,name,note\n1,a,\n'), { pattern })).code).toBe('MISSING_TRANSACTION_CODES');
  });

  it('wants no values but the key in a row that is deleted', async () => {
    expect((await prepare(streamOf(`${header}1,,,d\n2,a,,i\n`), { pattern })).rows).toBe(2);
    expect((await failure(streamOf(`${header}1,,,d\n2,,,i\n`), { pattern })).message).toContain('row 2');
    expect((await failure(streamOf(`${header},,,d\n`), { pattern })).code).toBe('MISSING_REQUIRED_VALUES');
  });

  it('takes a file of deletes without the required columns, and no other', async () => {
    expect((await prepare(streamOf('id,trdm_tran_code\n1,d\n2,D\n'), { pattern })).rows).toBe(2);
    const error = await failure(streamOf('id,trdm_tran_code\n1,d\n2,u\n'), { pattern });
    expect(error).toMatchObject({ code: 'MISSING_COLUMNS' });
    expect(error.message).toContain('"name", and row 2 is no delete');
  });

  it('takes each key once, whatever its codes', async () => {
    expect((await failure(streamOf(`${header}1,a,,d\n1,a,,i\n`), { pattern })).code).toBe('DUPLICATE_KEYS');
  });

  it('sends a table without a byte as a header with the code column', async () => {
    expect(await sent(await prepare(streamOf(''), { pattern }))).toEqual(['id,name,note,trdm_tran_code\n']);
  });
});

describe.each(SOURCES)('prepareUpload, the file of an export from %s', (_, source) => {
  const system = [...SYSTEM_COLUMNS];
  const header = ['id', 'name', 'note', ...system, 'trdm_tran_code'];
  const row = (id: string, code: string): string[] => [
    id,
    'a "quoted", name\nof two lines',
    '',
    ...system.map((name) => `${name} of ${id}`),
    code,
  ];

  it('sends a full export back without the columns that it added', async () => {
    const upload = await prepare(await source(`\uFEFF${stringify([header, row('00501', ''), row('2', '')])}`));
    expect(await sent(upload)).toEqual([
      stringify([['id', 'name', 'note'], row('00501', '').slice(0, 3), row('2', '').slice(0, 3)]),
    ]);
    expect(upload).toMatchObject({ rows: 2, warnings: [expect.stringContaining('"trdm_sk"')] });
    expect(upload.bytes).toBe(Buffer.byteLength((await sent(upload)).join('')));
  });

  it('refuses the codes of an incremental export where the pattern takes none: a deleted record would come back', async () => {
    const error = await failure(source(stringify([header, row('1', ''), row('2', 'd')])));
    expect(error.code).toBe('UNEXPECTED_TRANSACTION_CODES');
    expect(error.message).toContain('(row 2)');
  });

  it('keeps the codes for the pattern that wants them', async () => {
    const upload = await prepare(await source(stringify([header, row('1', 'u'), row('2', 'd')])), {
      pattern: 'incremental_with_delete',
    });
    const expected = [
      ['id', 'name', 'note', 'trdm_tran_code'],
      [...row('1', '').slice(0, 3), 'u'],
      [...row('2', '').slice(0, 3), 'd'],
    ];
    expect(await sent(upload)).toEqual([stringify(expected)]);
  });

  it('finds duplicate keys by their rows, and splits what is left by its size', async () => {
    expect((await failure(source(stringify([header, row('1', ''), row('2', ''), row('1', '')])))).message).toContain(
      'row 3 (as row 1)',
    );
    const many = stringify([header, ...Array.from({ length: 100 }, (__, index) => row(String(index), ''))]);
    const upload = await prepare(await source(many), { pattern: 'incremental_upsert_only', maxFileBytes: 1_000 });
    expect(upload.parts.length).toBeGreaterThan(2);
    expect(upload.parts.every(({ bytes }) => bytes <= 1_000)).toBe(true);
    expect((await sent(upload)).every((part) => part.startsWith('id,name,note\n') && !part.includes('trdm_'))).toBe(
      true,
    );
  });
});
