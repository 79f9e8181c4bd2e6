import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTitanSandbox, type TableDefinition, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { first, put, putChunked, RawClient, type Answer } from './support/sandbox-http.js';

let sandbox: TitanSandbox;
let client: RawClient;
let table = '';
let count = 0;

const COLUMNS: TableDefinition['columns'] = [
  { name: 'id', dataType: 'integer', primaryKey: true },
  { name: 'name', required: true, length: 10 },
  { name: 'amount', dataType: 'numeric' },
  { name: 'active', dataType: 'boolean' },
  { name: 'day', dataType: 'date' },
];

beforeAll(async () => {
  sandbox = await startTitanSandbox({ domains: [{ name: 'Test', abbreviation: 't' }] });
  client = new RawClient(sandbox);
  await client.signIn();
});

beforeEach(() => {
  table = define();
});

afterAll(() => sandbox.close());

/** A table of its own for each test. Returns its physical name. */
function define(definition: Partial<TableDefinition> = {}): string {
  const name = `table_${++count}`;
  sandbox.defineTable('Test', { name, databaseTableName: name, columns: COLUMNS, branches: ['main'], ...definition });
  return name;
}

const rows = () => sandbox.rows(`t_${table}`);
const counts = (result: Answer) => [result.insert_row_count, result.update_row_count, result.delete_row_count];
const file = (...lines: string[]) => ['id,name,amount,active,day', ...lines, ''].join('\n');

/** One table, one file: the result of its import, and of the import table. */
async function send(csv: string | Buffer, pattern = 'full') {
  const result = await client.import({ [table]: { csv, pattern } });
  return { import: result.import, table: first(result.import_tables) };
}

describe('an import of the sandbox', () => {
  it('changes nothing before complete', async () => {
    const created = await client.post('/api/imports/new', {
      branch_id: await client.branch(),
      description: 'first',
      correlation_code: 'run-1',
    });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ status: 'created', description: 'first', correlation_code: 'run-1' });
    const upload = await client.createTable(created.json.id, table, 'full');
    expect(upload).toMatchObject({ status: 'created', pattern: 'full', signed_s3_url: expect.any(String) });
    expect((await put(upload.signed_s3_url, file('1,a,,,'))).status).toBe(200);
    const confirmed = await client.post(`/api/import_tables/${upload.id}/upload_complete`);
    expect(confirmed.json).toMatchObject({ status: 'uploaded', file_size: file('1,a,,,').length });
    expect(confirmed.json).not.toHaveProperty('signed_s3_url');
    expect(await rows()).toEqual([]);

    const listed = await client.get(`/api/v1/imports/${created.json.id}`);
    expect(listed.json.import_tables).toMatchObject([{ id: upload.id, status: 'uploaded' }]);
    const completed = await client.post(`/api/imports/${created.json.id}/complete`, { message: 'all sent' });
    expect(completed.json).toMatchObject({ status: 'processing', message: 'all sent' });
    const result = await client.processed(created.json.id);
    expect(result.import).toMatchObject({ status: 'completed', insert_row_count: 1 });
    expect(result.import_tables).toMatchObject([
      {
        status: 'completed',
        insert_row_count: 1,
        update_row_count: 0,
        delete_row_count: 0,
        file_size: file('1,a,,,').length,
        duration_secs: expect.any(Number),
        deployed_table_definition: { name: table },
      },
    ]);
    expect(await rows()).toHaveLength(1);
  });

  it('keeps every value as the file spelled it, NULL and the empty string apart', async () => {
    table = define({ columns: ['id', 'a', 'b', 'c'].map((name) => ({ name, primaryKey: name === 'id' })) });
    const csv = 'id,a,b,c\n00501,NA,9007199254740993,1.10\n"x ""y""","",,true\n"two\nlines"," a ",null,"1,5"\n';
    expect((await send(csv)).import.status).toBe('completed');
    expect(await rows()).toEqual([
      { id: '00501', a: 'NA', b: '9007199254740993', c: '1.10' },
      { id: 'x "y"', a: '', b: null, c: 'true' },
      { id: 'two\nlines', a: ' a ', b: 'null', c: '1,5' },
    ]);
  });

  it('with full replaces the table and counts what it did', async () => {
    expect(counts((await send(file('1,a,,,', '2,b,,,', '3,c,,,'))).table)).toEqual([3, 0, 0]);
    expect(counts((await send(file('1,a,,,', '2,B,,,', '4,d,,,'))).table)).toEqual([1, 1, 1]);
    expect((await rows()).map(({ id, name }) => [id, name])).toEqual([
      ['1', 'a'],
      ['2', 'B'],
      ['4', 'd'],
    ]);
    const codes = (await sandbox.versions(`t_${table}`, { id: '3' })).map((version) => version['trdm_tran_code']);
    expect(codes).toEqual(['i', 'd']);
  });

  it('with full keeps absent records where rows may be added by hand', async () => {
    table = define({ allowManualRowEntry: true });
    await send(file('1,a,,,', '2,b,,,'));
    expect(counts((await send(file('2,B,,,'))).table)).toEqual([0, 1, 0]);
    expect(await rows()).toHaveLength(2);
  });

  it('with full and a header alone empties the table', async () => {
    await send(file('1,a,,,', '2,b,,,'));
    expect(counts((await send(file())).table)).toEqual([0, 0, 2]);
    expect(await rows()).toEqual([]);
  });

  it.each(['incremental_upsert_only', 'incremental'])('with %s keeps what the file does not name', async (pattern) => {
    await send(file('1,a,,,', '2,b,,,'));
    expect(counts((await send(file('2,B,,,', '3,c,,,'), pattern)).table)).toEqual([1, 1, 0]);
    expect((await rows()).map(({ id, name }) => `${id}${name}`)).toEqual(['1a', '2B', '3c']);
  });

  it('with incremental_with_delete obeys the codes, trimmed and in any case', async () => {
    await send(file('1,a,,,', '2,b,,,', '3,c,,,'));
    const csv = 'trdm_tran_code,id,name\nD,1,\n u ,2,B\ni,4,d\nI,3,C\nd,99,\n';
    const { table: result } = await send(csv, 'incremental_with_delete');
    expect(result).toMatchObject({ status: 'completed' });
    expect(counts(result)).toEqual([1, 2, 1]);
    expect((await rows()).map(({ id, name }) => `${id}${name}`)).toEqual(['2B', '4d', '3C']);
  });

  it('fails on deletes of unknown keys when it is told to', async () => {
    sandbox.configure({ deleteOfUnknownKey: 'fail' });
    const { table: result } = await send('id,name,trdm_tran_code\n9,,d\n', 'incremental_with_delete');
    sandbox.configure({ deleteOfUnknownKey: 'ignore' });
    expect(result).toMatchObject({ status: 'failed', message: expect.stringContaining('unknown keys: 1') });
  });

  it('writes no version of a row that did not change, and counts that it was applied', async () => {
    await send(file('1,a,1.0,,', '2,b,,,'));
    expect(counts((await send(file('1,a,1.0,,', '2,b,,,'))).table)).toEqual([0, 0, 0]);
    expect(await sandbox.state(`t_${table}`)).toMatchObject({ currentRows: 2, versions: 2, timesApplied: { '2': 2 } });
  });

  it('brings a deleted record back as an insert of the same record', async () => {
    await send(file('1,a,,,'));
    await send(file());
    expect(counts((await send(file('1,z,,,'))).table)).toEqual([1, 0, 0]);
    const versions = await sandbox.versions(`t_${table}`, { id: '1' });
    expect(versions.map((version) => [version['trdm_tran_code'], version['trdm_state']])).toEqual([
      ['i', 'H'],
      ['d', 'H'],
      ['i', 'C'],
    ]);
  });

  it('keeps the values of columns that the file does not bring', async () => {
    await send(file('1,a,5,true,2026-01-31'));
    expect(counts((await send('name,id\nA,1\n', 'incremental')).table)).toEqual([0, 1, 0]);
    expect(await rows()).toEqual([{ id: '1', name: 'A', amount: '5', active: 'true', day: '2026-01-31' }]);
  });

  it('ignores columns that match nothing in the mapping', async () => {
    expect((await send('id,name,Amount,extra\n1,a,5,x\n')).table.status).toBe('completed');
    expect((await rows())[0]).toMatchObject({ id: '1', name: 'a', amount: null });
  });

  it('renames columns as the mapping says', async () => {
    table = define({
      mappings: [
        {
          name: 'Legacy',
          isDefault: true,
          columns: [
            { source: 'KEY', target: 'id' },
            { source: 'LABEL', target: 'name' },
          ],
        },
      ],
    });
    await send('KEY,LABEL\n7,seven\n');
    expect((await rows())[0]).toMatchObject({ id: '7', name: 'seven' });
  });

  it('reads quoted headers, a byte order mark and CRLF line ends', async () => {
    expect((await send('\uFEFF"id","name"\r\n1,a\r\n2,b\r\n')).table.status).toBe('completed');
    expect((await rows()).map(({ id, name }) => `${id}${name}`)).toEqual(['1a', '2b']);
  });
});

describe('the sandbox refuses at processing', () => {
  it.each<[string, string | Buffer, string, RegExp]>([
    ['a repeated key', file('1,a,,,', '2,b,,,', '1,c,,,'), 'full', /Duplicate primary keys \(id\): 1 /],
    ['a repeated key of a delta', file('1,a,,,', '1,c,,,'), 'incremental', /Duplicate primary keys/],
    ['an unknown pattern', file('1,a,,,'), 'FULL', /pattern is not supported/],
    ['a missing pattern', file('1,a,,,'), '', /pattern is missing/],
    ['codes where none belong', 'id,name,trdm_tran_code\n1,a,i\n', 'full', /allows no trdm_tran_code/],
    ['no codes where they belong', file('1,a,,,'), 'incremental_with_delete', /needs a trdm_tran_code/],
    ['unknown codes', 'id,name,trdm_tran_code\n1,a,x\n2,b,\n', 'incremental_with_delete', /i, u or d \(2 rows\)/],
    ['a missing key column', 'name\na\n', 'full', /Required columns are missing: id/],
    ['a missing required value', file('1,,,,', '2,b,,,'), 'full', /name is required \(1 row\)/],
    ['a missing key value', file(',a,,,'), 'full', /id is required/],
    ['an integer with a fraction', file('1.0,a,,,'), 'full', /id is no valid integer/],
    ['an empty string that is no number', file('1,a,"",,'), 'full', /amount is no valid numeric/],
    ['a word that is no boolean', file('1,a,,maybe,'), 'full', /active is no valid boolean/],
    ['a day that does not exist', file('1,a,,,2026-02-30'), 'full', /day is no valid date/],
    ['a value that is too long', file('1,abcdefghijk,,,'), 'full', /name is no valid varchar\(10\)/],
    [
      'too few columns in a row',
      file('1,a,,,', '2,b'),
      'full',
      /malformed CSV \(line 3\): 5 columns expected, 2 found/,
    ],
    ['too many columns in a row', file('1,a,,,,x'), 'full', /malformed CSV \(line 2\)/],
    ['an open quote', 'id,name\n1,"a\n', 'full', /malformed CSV/],
    [
      'bytes that are no UTF-8',
      Buffer.from('id,name\n1,caf\xe9\n', 'latin1'),
      'full',
      /malformed CSV.*not valid UTF-8/,
    ],
    ['a file without a header', '', 'full', /no header row/],
    ['a header that repeats a column', 'id,id,name\n1,2,a\n', 'full', /more than once: id/],
  ])('%s', async (_, csv, pattern, message) => {
    const result = await send(csv, pattern);
    expect(result.table).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect(result.import).toMatchObject({ status: 'failed', message: expect.stringMatching(message) });
    expect(counts(result.table)).toEqual([0, 0, 0]);
    expect(await rows()).toEqual([]);
  });

  it('the whole import for one table that fails', async () => {
    const good = define();
    const result = await client.import({ [good]: { csv: file('1,a,,,') }, [table]: { csv: file('x,a,,,') } });
    expect(result.import.status).toBe('failed');
    const messages = result.import_tables.map((each) => each.message);
    expect(messages).toEqual([expect.stringContaining('Not applied'), expect.stringContaining('no valid integer')]);
    expect(await sandbox.rows(`t_${good}`)).toEqual([]);
  });

  it('only the table that fails, when it is told to', async () => {
    sandbox.configure({ onFailedTable: 'failTable' });
    const good = define();
    const result = await client.import({ [table]: { csv: file('x,a,,,') }, [good]: { csv: file('1,a,,,') } });
    sandbox.configure({ onFailedTable: 'failImport' });
    expect(result.import).toMatchObject({ status: 'failed', insert_row_count: 1 });
    expect(result.import_tables.map((each) => each.status)).toEqual(['failed', 'completed']);
    expect(await sandbox.rows(`t_${good}`)).toHaveLength(1);
  });
});

describe('tables of an import', () => {
  async function newImport(): Promise<number> {
    return (await client.post('/api/imports/new', { branch_id: await client.branch() })).json.id;
  }

  it('may be confirmed twice, but not before their file is there', async () => {
    const upload = await client.createTable(await newImport(), table, 'full');
    const confirm = () => client.post(`/api/import_tables/${upload.id}/upload_complete`);
    expect((await confirm()).status).toBe(422);
    await put(upload.signed_s3_url, file('1,a,,,'));
    expect((await confirm()).status).toBe(200);
    expect((await confirm()).status).toBe(200);
  });

  it('take no part when their upload was never confirmed, or was reported failed', async () => {
    const id = await newImport();
    const orphan = await client.createTable(id, table, 'full');
    const failed = await client.createTable(id, table, 'full');
    const other = await client.createTable(id, define(), 'full');
    await put(orphan.signed_s3_url, file('1,a,,,'));
    await client.post(`/api/import_tables/${failed.id}/upload_failed`, { message: 'broken pipe' });
    await put(other.signed_s3_url, file('1,a,,,'));
    await client.post(`/api/import_tables/${other.id}/upload_complete`);
    await client.post(`/api/imports/${id}/complete`);
    const result = await client.processed(id);
    expect(result.import.status).toBe('completed');
    expect(result.import_tables).toMatchObject([
      { status: 'failed', message: expect.stringContaining('No upload was confirmed') },
      { status: 'failed', message: 'broken pipe' },
      { status: 'completed' },
    ]);
    expect(await rows()).toEqual([]);
  });

  it('are closed once the import is completed', async () => {
    const id = await newImport();
    const upload = await client.createTable(id, table, 'full');
    expect((await client.post(`/api/imports/${id}/complete`)).status).toBe(200);
    expect((await client.post(`/api/imports/${id}/complete`)).status).toBe(422);
    expect(await client.createTable(id, table, 'full')).toHaveProperty('error');
    expect((await put(upload.signed_s3_url, file('1,a,,,'))).status).toBe(403);
    expect((await client.post(`/api/import_tables/${upload.id}/upload_complete`)).status).toBe(422);
  });

  it('stay hidden until complete, when the server is told to hide them', async () => {
    sandbox.configure({ listTablesBeforeComplete: false });
    const id = await newImport();
    await client.createTable(id, table, 'full');
    const before = await client.get(`/api/v1/imports/${id}`);
    await client.post(`/api/imports/${id}/complete`);
    const after = await client.processed(id);
    sandbox.configure({ listTablesBeforeComplete: true });
    expect(before.json).not.toHaveProperty('import_tables');
    expect(after.import_tables).toHaveLength(1);
  });

  it('are refused for what does not exist', async () => {
    const { key, mapping } = await client.table(table);
    const id = await newImport();
    const fields = { import_id: id, table_definition_key: key, import_mapping_key: mapping, pattern: 'full' };
    for (const wrong of [{ import_id: 99_999 }, { table_definition_key: 'no' }, { import_mapping_key: 'no' }]) {
      expect((await client.post('/api/import_tables/new', { ...fields, ...wrong })).status).toBe(404);
    }
    expect((await client.post('/api/import_tables/new', { ...fields, import_mapping_key: null })).status).toBe(422);
    expect((await client.post('/api/imports/new', {})).status).toBe(422);
    expect((await client.post('/api/imports/new', { branch_id: 99_999 })).status).toBe(404);
    const closed = sandbox.addBranch({ name: 'closed', status: 'closed' });
    expect((await client.post('/api/imports/new', { branch_id: closed.id })).status).toBe(422);
  });
});

describe('signed addresses of uploads', () => {
  async function address(): Promise<string> {
    const created = await client.post('/api/imports/new', { branch_id: await client.branch() });
    return (await client.createTable(created.json.id, table, 'full')).signed_s3_url;
  }

  it('want text/csv and a Content-Length', async () => {
    const url = await address();
    expect((await put(url, 'id\n', { 'content-type': 'application/octet-stream' })).status).toBe(403);
    expect(await putChunked(url, 'id\n')).toBe(411);
    expect((await put(url, 'id\n')).status).toBe(200);
  });

  it('expire, and cannot be changed', async () => {
    const url = await address();
    expect((await put(url.replace(/\/imports\/\d+/, '/imports/1'), 'id\n')).status).toBe(403);
    expect((await put(url.replace(/expires=\d+/, 'expires=9999999999999'), 'id\n')).status).toBe(403);
    sandbox.configure({ signedUrlTtlSeconds: -1 });
    const expired = await address();
    sandbox.configure({ signedUrlTtlSeconds: 900 });
    const reply = await put(expired, 'id\n');
    expect(reply.status).toBe(403);
    expect(reply.text).toContain('expired');
  });

  it('refuse files above the limit, where there is one', async () => {
    sandbox.configure({ maxUploadBytes: 10 });
    const reply = await put(await address(), 'id,name\n1,abcdef\n');
    sandbox.configure({ maxUploadBytes: 0 });
    expect(reply.status).toBe(400);
  });
});

describe('many imports at once', () => {
  it('are all applied, each once', async () => {
    const send20 = Array.from({ length: 20 }, (_, index) => {
      const lines = Array.from({ length: 50 }, (__, row) => `${index * 50 + row},n,,,`);
      return client.import({ [table]: { csv: file(...lines), pattern: 'incremental' } });
    });
    const results = await Promise.all(send20);
    expect(results.map((result) => result.import.status)).toEqual(Array.from({ length: 20 }, () => 'completed'));
    expect(await sandbox.state(`t_${table}`)).toMatchObject({
      currentRows: 1000,
      versions: 1000,
      timesApplied: { '1': 1000 },
    });
  });
});

describe('closing the sandbox', () => {
  it('in the middle of an import leaves no file behind', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'tidemark-test-'));
    const other = await startTitanSandbox({ dataDirectory, importDelayMs: 60_000, exportDelayMs: 60_000 });
    const raw = new RawClient(other);
    await raw.signIn();
    const created = await raw.post('/api/imports/new', { branch_id: await raw.branch() });
    const upload = await raw.createTable(created.json.id, 'segments', 'full');
    await put(upload.signed_s3_url, 'segment\na\n');
    await raw.post(`/api/import_tables/${upload.id}/upload_complete`);
    await raw.post(`/api/imports/${created.json.id}/complete`);
    await raw.startExport('segments');
    expect(await readdir(dataDirectory)).toHaveLength(1);
    await Promise.all([other.close(), other.close()]);
    expect(await readdir(dataDirectory)).toEqual([]);
    await rm(dataDirectory, { recursive: true });
  });
});
