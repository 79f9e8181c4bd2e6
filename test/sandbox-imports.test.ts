import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { put, RawClient } from './support/sandbox-http.js';
import { counts, file, TablesUnderTest } from './support/sandbox-tables.js';

let tables: TablesUnderTest;
let sandbox: TitanSandbox;
let client: RawClient;
let table = '';

beforeAll(async () => {
  tables = await TablesUnderTest.start();
  ({ sandbox, client } = tables);
});

beforeEach(() => {
  table = tables.define();
});

afterAll(() => sandbox.close());

const rows = () => tables.rows(table);
const send = (csv: string | Buffer, pattern?: string) => tables.send(table, csv, pattern);

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
    table = tables.define({ columns: ['id', 'a', 'b', 'c'].map((name) => ({ name, primaryKey: name === 'id' })) });
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
    table = tables.define({ allowManualRowEntry: true });
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
    table = tables.define({
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

  it.each(['\n', '\r\n'])(
    'reads line breaks of every kind within quotes, in names too, where lines end by %j',
    async (end) => {
      const lines = ['id,"no\rte","no\n\r\nte",name', '1,,,"a\rb"', '2,,,"a\nb"', '3,,,"a\r\nb"'];
      expect((await send(`${lines.join(end)}${end}`)).table.status).toBe('completed');
      expect((await rows()).map(({ id, name }) => `${id}${name}`)).toEqual(['1a\rb', '2a\nb', '3a\r\nb']);
    },
  );

  it('refuses a file whose lines end in two ways', async () => {
    for (const csv of ['id,name\r\n1,a\n', 'id,name\n1,a\r\n2,b\n'])
      expect((await send(csv)).table.status).toBe('failed');
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
