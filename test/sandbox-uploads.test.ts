import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanSandbox } from '../sandbox/titanrdm/index.js';
import { put, putChunked, type RawClient } from './support/sandbox-http.js';
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

describe('tables of an import', () => {
  it('may be confirmed twice, but not before their file is there', async () => {
    const upload = await client.createTable(await tables.newImport(), table, 'full');
    const confirm = () => client.post(`/api/import_tables/${upload.id}/upload_complete`);
    expect((await confirm()).status).toBe(422);
    await put(upload.signed_s3_url, file('1,a,,,'));
    expect((await confirm()).status).toBe(200);
    expect((await confirm()).status).toBe(200);
  });

  it('take no part when their upload was never confirmed, or was reported failed', async () => {
    const id = await tables.newImport();
    const orphan = await client.createTable(id, table, 'full');
    const failed = await client.createTable(id, table, 'full');
    const other = await client.createTable(id, tables.define(), 'full');
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
    expect(await tables.rows(table)).toEqual([]);
  });

  it('are closed once the import is completed', async () => {
    const id = await tables.newImport();
    const upload = await client.createTable(id, table, 'full');
    expect((await client.post(`/api/imports/${id}/complete`)).status).toBe(200);
    expect((await client.post(`/api/imports/${id}/complete`)).status).toBe(422);
    expect(await client.createTable(id, table, 'full')).toHaveProperty('error');
    expect((await put(upload.signed_s3_url, file('1,a,,,'))).status).toBe(403);
    expect((await client.post(`/api/import_tables/${upload.id}/upload_complete`)).status).toBe(422);
  });

  it('stay hidden until complete, when the server is told to hide them', async () => {
    sandbox.configure({ listTablesBeforeComplete: false });
    const id = await tables.newImport();
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
    const id = await tables.newImport();
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

describe('two files for one table', () => {
  async function sendBoth(pattern: string) {
    const id = await tables.newImport();
    for (const csv of [file('1,a,,,', '2,b,,,'), file('2,B,,,', '3,c,,,')]) {
      const upload = await client.createTable(id, table, pattern);
      await put(upload.signed_s3_url, csv);
      await client.post(`/api/import_tables/${upload.id}/upload_complete`);
    }
    await client.post(`/api/imports/${id}/complete`);
    return client.processed(id);
  }

  it('are applied in turn when they are deltas', async () => {
    const result = await sendBoth('incremental');
    expect(result.import_tables.map(counts)).toEqual([
      [2, 0, 0],
      [1, 1, 0],
    ]);
    expect((await tables.rows(table)).map(({ id, name }) => `${id}${name}`)).toEqual(['1a', '2B', '3c']);
  });

  it('are refused when each says that it is the whole table', async () => {
    const result = await sendBoth('full');
    expect(result.import).toMatchObject({ status: 'failed', message: expect.stringContaining('another file') });
    expect(await tables.rows(table)).toEqual([]);
  });
});
