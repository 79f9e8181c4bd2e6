import { appendFile, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'csv-stringify/sync';
import { TidemarkError } from '../contracts/errors.js';
import { FilesStore, inlineTable, type CsvTable } from '../connectors/tables/index.js';
import {
  prepareUpload,
  type PreparedUpload,
  type PrepareUploadOptions,
} from '../connectors/titanrdm/prepare-upload.js';
import { SYSTEM_COLUMNS } from '../connectors/titanrdm/upload-rules.js';
import { pieces, seededRandom } from './support/csv-pieces.js';
import { columnsOf, mappingOf } from './support/upload-tables.js';

let folder: string;
let spool: string;
const prepared: PreparedUpload[] = [];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
  spool = path.join(folder, 'spool');
});
afterEach(async () => {
  for (const one of prepared.splice(0)) await one.dispose();
  // Whatever a test did: no temporary file is left.
  expect(await readdir(spool).catch(() => [])).toEqual([]);
  await rm(folder, { recursive: true });
});

const columns = columnsOf('id*', 'name!', 'note');

async function prepare(csv: CsvTable, options: Partial<PrepareUploadOptions> = {}): Promise<PreparedUpload> {
  const made = await prepareUpload(csv, {
    table: 'cust_customers',
    columns,
    pattern: 'full',
    maxFileBytes: 100_000_000,
    validate: true,
    spoolDirectory: spool,
    ...options,
  });
  prepared.push(made);
  return made;
}

/** A stream that nothing is known of, a small one cut into small pieces. */
function streamOf(content: string | Buffer, seed = 1): CsvTable {
  const bytes = Buffer.from(content);
  return { stream: Readable.from(bytes.length > 100_000 ? [bytes] : pieces(bytes, seededRandom(seed))) };
}

/** A file of a store. */
async function fileOf(content: string | Buffer): Promise<CsvTable> {
  await writeFile(path.join(folder, 'table.csv'), content);
  const csv = await new FilesStore({ path: folder, spoolDirectory: spool }).read('table');
  if (csv === undefined) throw new Error('the table was just written');
  return csv;
}

const SOURCES: [string, (content: string | Buffer) => CsvTable | Promise<CsvTable>][] = [
  ['a stream', streamOf],
  ['a file in place', fileOf],
];

async function sent(upload: PreparedUpload): Promise<string[]> {
  return Promise.all(upload.parts.map((part) => textOf(part.open())));
}

async function failure(
  csv: CsvTable | Promise<CsvTable>,
  options: Partial<PrepareUploadOptions> = {},
): Promise<TidemarkError> {
  const source = await csv;
  const error: unknown = await prepare(source, options).then(
    () => new Error('nothing was wrong'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof TidemarkError)) throw error;
  expect(source.stream.destroyed).toBe(true);
  return error;
}

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

describe.each(SOURCES)('prepareUpload, the size limit, from %s', (_, source) => {
  const header = 'id,name,note\n';
  const rows = Array.from({ length: 500 }, (__, index) => `${index},"line\nbreak, ""${'x'.repeat(index % 40)}""",é\n`);
  const content = header + rows.join('');

  it.each(['incremental_upsert_only', 'incremental', 'incremental_with_delete'] as const)(
    'splits under %s at the ends of rows, each part with the header',
    async (pattern) => {
      const isCoded = pattern === 'incremental_with_delete';
      const head = isCoded ? 'trdm_tran_code,id,name,note\n' : header;
      const all = head + rows.map((row) => (isCoded ? `u,${row}` : row)).join('');
      const upload = await prepare(await source(all), { pattern, maxFileBytes: 2_000 });
      const parts = await sent(upload);
      expect(parts.length).toBeGreaterThan(5);
      expect(parts.every((part) => part.startsWith(head) && Buffer.byteLength(part) <= 2_000)).toBe(true);
      expect(parts.map((part) => part.slice(head.length)).join('')).toBe(all.slice(head.length));
      expect(upload.parts.map(({ bytes }) => bytes)).toEqual(parts.map((part) => Buffer.byteLength(part)));
      expect(upload.parts.reduce((sum, part) => sum + part.rows, 0)).toBe(500);
      expect(upload.rows).toBe(500);
    },
  );

  it.each([true, false])('refuses under full, validating: %s', async (validate) => {
    const error = await failure(source(content), { maxFileBytes: 2_000, validate });
    expect(error).toMatchObject({ code: 'FILE_TOO_LARGE', retryable: false });
    expect(error.message).toContain("'full'");
  });

  it('sends a file of exactly the limit in one piece', async () => {
    const bytes = Buffer.byteLength(content);
    expect((await prepare(await source(content), { maxFileBytes: bytes })).parts).toHaveLength(1);
    expect((await failure(source(content), { maxFileBytes: bytes - 1 })).code).toBe('FILE_TOO_LARGE');
  });

  it('refuses a row that fits into no part, naming it', async () => {
    const error = await failure(source(`${header}1,a,b\n2,${'secret'.repeat(100)},b\n3,a,b\n`), {
      pattern: 'incremental',
      maxFileBytes: 100,
    });
    expect(error.code).toBe('FILE_TOO_LARGE');
    expect(error.message).toContain('row 2 alone');
    expect(error.message).not.toContain('secret');
  });

  it('splits without validating too', async () => {
    const upload = await prepare(await source(content), {
      pattern: 'incremental',
      maxFileBytes: 2_000,
      validate: false,
    });
    expect((await sent(upload)).map((part) => part.slice(header.length)).join('')).toBe(content.slice(header.length));
  });
});

describe('prepareUpload, sources', () => {
  it('looks at a file in place, without a copy', async () => {
    const csv = await fileOf('id,name,note\n1,a,b\n');
    await prepare(csv);
    expect(await readdir(spool)).toEqual([]);
  });

  it('sends what was checked, although the table is replaced meanwhile', async () => {
    const upload = await prepare(await fileOf('id,name,note\n1,a,b\n'));
    await writeFile(path.join(folder, 'new.csv'), 'something,else\n');
    await rename(path.join(folder, 'new.csv'), path.join(folder, 'table.csv'));
    expect(await sent(upload)).toEqual(['id,name,note\n1,a,b\n']);
  });

  it('notices a file that is written to between the look and the sending: its last bytes are not sent', async () => {
    const content = `id,name,note\n${Array.from({ length: 100_000 }, (_, index) => `${index},a,b\n`).join('')}`;
    const upload = await prepare(await fileOf(content));
    await appendFile(path.join(folder, 'table.csv'), '9,z,z\n');
    const chunks: Buffer[] = [];
    const reading = (async () => {
      for await (const chunk of upload.parts[0]!.open()) chunks.push(chunk as Buffer);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'SOURCE_CHANGED', retryable: true });
    expect(Buffer.concat(chunks).length).toBeLessThan(content.length);
  });

  it('notices a file that is written to while it is looked at', async () => {
    const csv = await fileOf(
      `id,name,note\n${Array.from({ length: 300_000 }, (_, index) => `${index},abc,def\n`).join('')}`,
    );
    const file = path.join(folder, 'table.csv');
    let touched: Promise<void> | undefined;
    const onProgress = (): void => {
      touched ??= utimes(file, new Date(), new Date(Date.now() + 60_000));
    };
    expect((await failure(csv, { onProgress })).code).toBe('SOURCE_CHANGED');
    await touched;
  });

  it('reports what it has read', async () => {
    const seen: { rows: number; bytes: number }[] = [];
    await prepare(streamOf('id,name,note\n1,a,b\n2,a,b\n', 3), { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toEqual({ rows: 2, bytes: 25 });
  });

  it.each(SOURCES)('stops when it is told to, and releases %s', async (_, source) => {
    const abort = new AbortController();
    const csv = await source(`id,name,note\n${'1,a,b\n'.repeat(500_000)}`);
    const onProgress = (): void => abort.abort(new Error('cancelled'));
    await expect(prepare(csv, { signal: abort.signal, onProgress })).rejects.toThrow('cancelled');
    expect(csv.stream.destroyed).toBe(true);
  });

  it('stops a stream that does not move', async () => {
    const abort = new AbortController();
    const stream = new Readable({ read: () => undefined });
    stream.push('id,name,note\n');
    const preparing = prepare({ stream }, { signal: abort.signal });
    setImmediate(() => abort.abort(new Error('cancelled')));
    await expect(preparing).rejects.toThrow('cancelled');
    expect(stream.destroyed).toBe(true);
  });

  it('passes on what broke the source', async () => {
    const stream = Readable.from(
      (async function* () {
        yield Buffer.from('id,name,note\n1,a');
        await Promise.resolve();
        throw new TidemarkError('the database went away', { code: 'LOST', retryable: true });
      })(),
    );
    expect((await failure({ stream })).code).toBe('LOST');
  });

  it('takes inline rows', async () => {
    const upload = await prepare(
      inlineTable([
        { id: '00501', name: '', note: null },
        { id: 7, name: 'x', note: true },
      ]),
    );
    expect(await sent(upload)).toEqual(['id,name,note\n00501,"",\n7,x,true\n']);
  });

  it('takes a Parquet table, and removes its spool with everything else', async () => {
    const store = new FilesStore({ path: folder, spoolDirectory: spool, format: 'parquet' });
    const content = 'id,name,note\n00501,"",9007199254740993\n2,"a\n""b""",\n';
    await store.write('p', Readable.from([content]), { mode: 'replace' });
    const csv = await store.read('p');
    const upload = await prepare(csv!);
    expect(await sent(upload)).toEqual([content]);
    const closed = new Promise((resolve) => csv!.stream.once('close', resolve));
    await upload.dispose();
    await closed;
    await store.close();
    expect(await readFile(path.join(folder, 'p.parquet'))).not.toHaveLength(0);
  });

  it('holds no more of a table in memory as it grows (weakness 1)', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const ballast = 'x'.repeat(60_000);
    const rows = 1_500;
    const stream = Readable.from(
      (function* () {
        yield Buffer.from('id,name,note\n');
        for (let row = 0; row < rows; row += 1) yield Buffer.from(`${row},a,${ballast}\n`);
      })(),
    );
    collect();
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    let looks = 0;
    const onProgress = (progress: { rows: number }): void => {
      if (progress.rows % 100 !== 0) return;
      collect();
      looks += 1;
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    };
    const upload = await prepare({ stream }, { onProgress });
    expect(upload.bytes).toBeGreaterThan(90_000_000);
    // What other tests left may have gone meanwhile, so that `most` stays 0: what counts is that it was looked at.
    expect(looks).toBeGreaterThan(0);
    expect(most).toBeLessThan(10_000_000);
  });
});
