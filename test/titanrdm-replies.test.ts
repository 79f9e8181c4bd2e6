import { describe, expect, it } from '@jest/globals';
import { scriptedTitan } from './support/scripted-titan.js';
import { CLIENT_SECRET as SECRET, everything, failure } from './support/titan-client.js';

const titan = scriptedTitan();

describe('what the server answers', () => {
  it.each([
    [400, 'TITAN_INVALID', false],
    [402, 'TITAN_PAYMENT_REQUIRED', false],
    [403, 'TITAN_FORBIDDEN', false],
    [404, 'TITAN_NOT_FOUND', false],
    [409, 'TITAN_CONFLICT', false],
    [422, 'TITAN_INVALID', false],
    [301, 'TITAN_UNEXPECTED_REPLY', false],
    [501, 'TITAN_SERVER_ERROR', false],
  ])('%d is %s', async (status, code, retryable) => {
    titan.server.on('POST /api/imports/new', {
      status,
      json: { errors: ['Branch is closed'] },
      headers: { location: '/elsewhere' },
    });
    const error = await failure(titan.client().createImport({ branchId: 1 }));
    expect(error).toMatchObject({ code, retryable, httpStatus: status });
    if (status !== 301) expect(error.message).toContain('Branch is closed');
    expect(titan.server.to('POST /api/imports/new')).toHaveLength(1);
  });

  it('weakness 9: 202 is a success', async () => {
    titan.server.on('POST /api/imports/5/complete', { status: 202, json: { id: 5, status: 'processing' } });
    expect((await titan.client().completeImport(5)).status).toBe('processing');
  });

  it('weakness 9: 204 is a success where nothing needs to be said', async () => {
    titan.server.on('POST /api/imports/5/complete', { status: 204 });
    titan.server.on('POST /api/import_tables/6/upload_complete', { status: 204 });
    const made = titan.client();
    expect(await made.completeImport(5)).toMatchObject({ id: '5', status: 'unknown' });
    expect(await made.uploadComplete(6)).toMatchObject({ id: '6', status: null });
  });

  it('a reply of the wrong shape to complete is settled by reading, to upload_complete it is TITAN_UNEXPECTED_REPLY', async () => {
    titan.server.on('POST /api/imports/5/complete', { json: { unexpected: [] } });
    titan.server.on('POST /api/import_tables/6/upload_complete', { json: { unexpected: [] } });
    expect((await failure(titan.client().completeImport(5))).code).toBe('TITAN_UNKNOWN_OUTCOME');
    expect((await failure(titan.client().uploadComplete(6))).code).toBe('TITAN_UNEXPECTED_REPLY');
  });

  it('weakness 22: replies that leave out the id do not erase it', async () => {
    titan.server.on('POST /api/imports/5/complete', { json: { status: 'processing' } });
    titan.server.on('POST /api/import_tables/6/upload_complete', { json: { status: 'uploaded', id: null } });
    titan.server.on('GET /api/v1/imports/5', { json: { import: { status: 'completed' }, import_tables: [] } });
    titan.server.on('GET /api/exports/8', { json: { status: 'started' } });
    titan.server.on('GET /api/v1/branches/2', { json: { name: 'dev' } });
    const made = titan.client();
    expect((await made.completeImport(5)).id).toBe('5');
    expect((await made.uploadComplete(6)).id).toBe('6');
    expect((await made.getImportResult(5)).import.id).toBe('5');
    expect((await made.getExport(8)).id).toBe('8');
    expect((await made.getBranch(2)).id).toBe('2');
  });

  it.each([
    [{ data: [{ id: 1, name: 5 }] }, 'data[0].name: expected string'],
    [{ data: [{ id: {}, name: 'x' }] }, 'data[0].id: expected number or string'],
    [{ data: 'secret value' }, 'data: expected array'],
    [[], 'the whole: expected object'],
    ['text', 'the whole: expected object'],
  ])('a reply of the wrong shape is TITAN_UNEXPECTED_REPLY: %j', async (json, expected) => {
    titan.server.on('GET /api/v1/branches', { json });
    const error = await failure(titan.client().listBranches());
    expect(error).toMatchObject({ code: 'TITAN_UNEXPECTED_REPLY', retryable: false });
    expect(error.message).toContain(expected);
    expect(error.message).not.toContain('secret value');
  });

  it('a page that is not JSON is TITAN_UNEXPECTED_REPLY without the page', async () => {
    titan.server.on('GET /api/v1/branches', { body: '<html>Please log in, code 4711</html>' });
    const error = await failure(titan.client().listBranches());
    expect(error.code).toBe('TITAN_UNEXPECTED_REPLY');
    expect(error.message).not.toContain('4711');
  });

  it.each([
    {
      import: { id: 1, status: 'completed' },
      import_tables: [{ id: 2, status: 'completed', table_definition_key: 'k' }],
    },
    { import: { id: 1, status: 'completed' }, tables: [{ id: 2, deployed_table_definition: { key: 'k', name: 'n' } }] },
    { import: { id: 1, status: 'completed' }, results: [{ id: 2, table_definition_key: 'k' }] },
    { id: 1, status: 'completed', import_tables: [{ id: 2, table_definition_key: 'k' }] },
  ])('an import result is understood in the shape %j', async (json) => {
    titan.server.on('GET /api/v1/imports/1', { json });
    const result = await titan.client().getImportResult(1);
    expect(result.import).toMatchObject({ id: '1', status: 'completed' });
    expect(result.tables?.map(({ id, tableKey }) => ({ id, tableKey }))).toEqual([{ id: '2', tableKey: 'k' }]);
  });

  it('an import result without any list of tables says so', async () => {
    titan.server.on('GET /api/v1/imports/1', { json: { import: { id: 1, status: 'created' } } });
    expect((await titan.client().getImportResult(1)).tables).toBeNull();
  });

  it('a wrong field inside an import result is named with its path', async () => {
    titan.server.on('GET /api/v1/imports/1', { json: { import: { id: 1, status: 7 } } });
    expect((await failure(titan.client().getImportResult(1))).message).toContain('import.status: expected string');
  });
});

describe('weakness 18: ids are encoded', () => {
  it.each(['a/b', '../../oauth/token', 'x?y=1', 'ü#1'])('%s stays one step of the path', async (id) => {
    const path = `/api/v1/branches/${encodeURIComponent(id)}`;
    titan.server.on(`GET ${path}`, { json: { id, name: 'odd' } });
    expect((await titan.client().getBranch(id)).id).toBe(id);
  });

  it.each(['', ' ', '.', '..'])('%j is refused before anything is sent', async (id) => {
    expect((await failure(titan.client().getBranch(id))).code).toBe('TITAN_INVALID');
    expect(titan.server.requests).toEqual([]);
  });
});

describe('nothing secret is ever told', () => {
  it('weakness 19: neither secret nor token nor signature is in an error, its cause or the log', async () => {
    const signed = 'https://bucket.example/path/file.csv?X-Amz-Signature=abc123&X-Amz-Credential=AKIA';
    const text = `bad ${SECRET} and Bearer token-1 at ${signed} {"access_token":"zzz"}`;
    titan.server.on('GET /api/v1/branches', { status: 400, json: { message: text } });
    titan.server.on('GET /api/v1/domains', { reset: true });
    const made = titan.client({ limit: 1 });
    const errors = [await failure(made.listBranches()), await failure(made.listDomains())];
    const told = JSON.stringify(titan.log) + errors.map(everything).join('\n');
    expect(told).toContain('bad [redacted]');
    for (const secret of [SECRET, 'token-1', 'token-2', 'abc123', 'AKIA', 'zzz']) expect(told).not.toContain(secret);
  });

  it('the reason given to upload_failed is cleaned as well', async () => {
    titan.server.on('POST /api/import_tables/3/upload_failed', { status: 200 });
    await titan.client().uploadFailed(3, 'PUT https://bucket.example/a?X-Amz-Signature=abc123 failed');
    expect(titan.server.to('POST /api/import_tables/3/upload_failed')[0]?.body).toBe(
      '{"message":"PUT https://bucket.example/[redacted] failed"}',
    );
  });
});
