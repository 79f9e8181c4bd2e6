import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { first, RawClient } from './support/sandbox-http.js';

let sandbox: TitanSandbox;
let client: RawClient;

beforeAll(async () => {
  sandbox = await startTitanSandbox();
  client = new RawClient(sandbox);
  await client.signIn();
});

afterAll(() => sandbox.close());

describe('tokens of the sandbox', () => {
  it('come with their life and their birth', async () => {
    const { status, json } = await new RawClient(sandbox).signIn();
    expect(status).toBe(200);
    expect(json).toMatchObject({ token_type: 'Bearer', expires_in: 7200 });
    expect(json.access_token).toEqual(expect.any(String));
    expect(Math.abs(json.created_at - Date.now() / 1000)).toBeLessThan(60);
  });

  it.each([
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('are refused for %s', async (_, fields, status, error) => {
    const reply = await new RawClient(sandbox).signIn(fields);
    expect(reply.status).toBe(status);
    expect(reply.json).toMatchObject({ error, error_description: expect.any(String) });
  });

  it('are needed by every call', async () => {
    const reply = await new RawClient(sandbox).get('/api/v1/branches');
    expect(reply.status).toBe(401);
    expect(reply.json.error).toMatch(/invalid/);
  });

  it('expire', async () => {
    sandbox.configure({ tokenTtlSeconds: 1 });
    const short = new RawClient(sandbox);
    await short.signIn();
    sandbox.configure({ tokenTtlSeconds: 7_200 });
    let error: unknown;
    while (error === undefined) error = (await short.get('/api/v1/branches')).json.error;
    expect(error).toMatch(/expired/);
  });

  it('are refused once they are revoked', async () => {
    const other = new RawClient(sandbox);
    await other.signIn();
    expect((await other.get('/api/v1/domains')).status).toBe(200);
    sandbox.revokeTokens();
    expect((await other.get('/api/v1/domains')).status).toBe(401);
    await client.signIn();
  });
});

describe('collections of the sandbox', () => {
  it('come in pages that say how many there are', async () => {
    for (let index = 0; index < 25; index += 1) sandbox.addBranch({ name: `many ${index}`, type: 'private' });
    const second = await client.get('/api/v1/branches?page=2&per_page=10');
    expect(second.json.data).toHaveLength(10);
    expect(second.json.meta).toEqual({ page: 2, per_page: 10, total_count: 27, total_pages: 3 });
    const last = await client.get('/api/branches?page=3&per_page=10');
    expect(last.json.data).toHaveLength(7);
    expect((await client.get('/api/v1/branches?page=4&per_page=10')).json.data).toEqual([]);
  });

  it('cap per_page at 1000', async () => {
    expect((await client.get('/api/v1/domains?per_page=5000')).json.meta['per_page']).toBe(1000);
  });

  it('filter by a value that holds colons, commas and quotes', async () => {
    const name = `odd: name, with 'quotes': "all"`;
    sandbox.addDomain({ name, abbreviation: 'odd' });
    const { json } = await client.get(`/api/v1/domains?q=${encodeURIComponent(`name:eq:${name}`)}`);
    expect(json.data.map((domain) => domain.name)).toEqual([name]);
  });

  it.each(['page=0', 'page=x', 'per_page=-1', 'q=name', 'q=name:like:a'])('refuse %s', async (query) => {
    expect((await client.get(`/api/v1/domains?${query}`)).status).toBe(400);
  });
});

describe('metadata of the sandbox', () => {
  it('describes branches with their owner and parent', async () => {
    const { json } = await client.get(`/api/v1/branches/${await client.branch('dev')}`);
    expect(json).toMatchObject({
      name: 'dev',
      branch_type: 'private',
      status: 'open',
      owner: { id: 7, email: 'dev@example.com' },
      parent_branch: { name: 'main' },
    });
  });

  it('lists the tables of a branch and a domain with their columns in order', async () => {
    const branchId = await client.branch();
    const domain = await client.get('/api/v1/domains?q=name:eq:Finance');
    const domainId = first(domain.json.data).id;
    const { json } = await client.get(`/api/v1/deployed_table_definitions?branch_id=${branchId}&domain_id=${domainId}`);
    expect(json.data).toHaveLength(1);
    expect(first(json.data)).toMatchObject({
      name: 'Cost Centres',
      database_table_name: 'cost_centres',
      domain: { name: 'Finance', abbreviation: 'fin' },
      branch: { id: branchId, name: 'main' },
    });
    const columns: { name: string; is_primary_key: boolean; data_type: string }[] = first(
      json.data,
    ).deployed_column_definitions;
    expect(columns.map(({ name, is_primary_key, data_type }) => [name, is_primary_key, data_type])).toEqual([
      ['company', true, 'varchar'],
      ['cost_centre', true, 'varchar'],
      ['name', false, 'varchar'],
      ['valid_from', false, 'date'],
    ]);
  });

  it('looks a table up by key and branch, under both path families', async () => {
    const { key, branchId, id } = await client.table('customers');
    for (const family of ['/api', '/api/v1']) {
      const { json } = await client.get(`${family}/deployed_table_definitions/lookup?key=${key}&branch_id=${branchId}`);
      expect(json.id).toBe(id);
    }
  });

  it('keeps the same key on every branch, under an id of its own', async () => {
    const main = await client.table('customers', 'main');
    const dev = await client.table('customers', 'dev');
    expect(dev.key).toBe(main.key);
    expect(dev.id).not.toBe(main.id);
  });

  it('has a default mapping of every column to itself', async () => {
    const { id } = await client.table('segments');
    const { json } = await client.get(`/api/v1/table_definitions/${id}/import_mappings`);
    expect(json.data).toHaveLength(1);
    expect(first(json.data)).toMatchObject({
      is_default: true,
      mapping_config: {
        columns: [
          { source: 'segment', target: 'segment' },
          { source: 'description', target: 'description' },
        ],
      },
    });
  });

  it.each([
    '/api/v1/branches/999999',
    '/api/v1/domains/nothing',
    '/api/v1/deployed_table_definitions/lookup?key=none&branch_id=1',
    '/api/v1/table_definitions/999999/import_mappings',
    '/api/v1/imports/999999',
    '/api/exports/999999',
    '/api/v1/nowhere',
  ])('answers 404 with an error text for %s', async (path) => {
    const reply = await client.get(path);
    expect(reply.status).toBe(404);
    expect(reply.json.error).toMatch(/not found/i);
  });

  it('spells fields as older servers do when it is told to', async () => {
    sandbox.configure({ columnsField: 'column_definitions', omitMeta: true });
    const { json } = await client.get(`/api/v1/deployed_table_definitions?branch_id=${await client.branch()}`);
    sandbox.configure({ columnsField: 'deployed_column_definitions', omitMeta: false });
    expect(json).not.toHaveProperty('meta');
    expect(first(json.data)).not.toHaveProperty('deployed_column_definitions');
    expect(first(json.data).column_definitions).not.toHaveLength(0);
  });

  it('answers writes of an overdue account by 402, and reads as ever', async () => {
    sandbox.configure({ accountOverdue: true });
    const write = await client.post('/api/imports/new', { branch_id: await client.branch() });
    sandbox.configure({ accountOverdue: false });
    expect(write.status).toBe(402);
    expect(write.json).toMatchObject({ error: expect.any(String), errors: [expect.any(String)] });
  });
});
