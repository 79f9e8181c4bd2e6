import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TitanLogEntry, TitanRdmClient } from '../connectors/titanrdm/index.js';
import { type ScriptedServer, startScriptedServer } from './support/scripted-server.js';
import { CLIENT_SECRET as SECRET, everything, failure, quickClient } from './support/titan-client.js';

let server: ScriptedServer;
let clients: TitanRdmClient[] = [];
let log: TitanLogEntry[] = [];

function client(
  options: { limit?: number; maxDelayMs?: number; requestMs?: number; url?: string } = {},
): TitanRdmClient {
  const made = quickClient(options.url ?? server.url, {
    retry: { limit: options.limit ?? 3, firstDelayMs: 1, maxDelayMs: options.maxDelayMs ?? 5 },
    timeouts: { requestMs: options.requestMs ?? 5_000, completeMs: 5_000, transferIdleMs: 5_000 },
    log: (entry) => void log.push(entry),
  });
  clients.push(made);
  return made;
}

const branch = (id: number, name = `branch ${id}`) => ({ id, name });
const page = (data: unknown[], totalPages = 1) => ({ json: { data, meta: { total_pages: totalPages } } });

beforeEach(async () => {
  server = await startScriptedServer();
  log = [];
});

afterEach(async () => {
  for (const made of clients) made.close();
  clients = [];
  await server.close();
});

describe('signing in', () => {
  it('sends nothing before the first call', () => {
    client();
    expect(server.requests).toEqual([]);
  });

  it('sends the client credentials as a form and the token as a bearer', async () => {
    server.on('GET /api/v1/branches', page([branch(1)]));
    await client().listBranches();
    const [token, list] = server.requests;
    expect(token?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(token?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'client',
      client_secret: SECRET,
    });
    expect(list?.headers.authorization).toBe('Bearer token-1');
    expect(list?.query).toEqual({ page: '1', per_page: '100' });
  });

  it('fetches one token for callers that come at the same time', async () => {
    server.on('GET /api/v1/branches', page([branch(1)]));
    const shared = client();
    await Promise.all(Array.from({ length: 30 }, () => shared.listBranches()));
    expect(server.to('POST /oauth/token')).toHaveLength(1);
    expect(server.to('GET /api/v1/branches')).toHaveLength(30);
  });

  it('weakness 7: signs in again on a 401, once for all callers, and repeats the call', async () => {
    server.on('GET /api/v1/branches', ({ headers }) =>
      headers.authorization === 'Bearer token-1'
        ? { status: 401, json: { error: 'token revoked' } }
        : page([branch(1)]),
    );
    const shared = client();
    const lists = await Promise.all(Array.from({ length: 5 }, () => shared.listBranches()));
    expect(lists.map((list) => list.length)).toEqual([1, 1, 1, 1, 1]);
    expect(server.to('POST /oauth/token')).toHaveLength(2);
  });

  it('weakness 7: a creation that was answered with 401 is repeated too, since it was not done', async () => {
    server.on('POST /api/imports/new', { status: 401 }, { status: 201, json: { id: 7, status: 'created' } });
    expect((await client().createImport({ branchId: 1 })).id).toBe('7');
    expect(server.to('POST /api/imports/new').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('a second 401 is TITAN_AUTHENTICATION and final', async () => {
    server.on('GET /api/v1/branches', { status: 401, json: { error: 'not for clients' } });
    const error = await failure(client().listBranches());
    expect(error).toMatchObject({ code: 'TITAN_AUTHENTICATION', retryable: false, httpStatus: 401 });
    expect(server.to('GET /api/v1/branches')).toHaveLength(2);
  });

  it.each([400, 401, 403])(
    'bad credentials answered with %d are TITAN_AUTHENTICATION with what the server said',
    async (status) => {
      const json = { error: 'invalid_client', error_description: 'Client authentication failed' };
      server.on('POST /oauth/token', { status, json });
      const error = await failure(client().authenticate());
      expect(error).toMatchObject({ code: 'TITAN_AUTHENTICATION', retryable: false });
      expect(error.message).toContain('invalid_client: Client authentication failed');
      expect(server.requests).toHaveLength(1);
    },
  );

  it('weakness 9: a token that comes with 201 is a token', async () => {
    server.on('POST /oauth/token', { status: 201, json: { access_token: 'abc-201' } });
    server.on('GET /api/v1/branches', page([]));
    await client().listBranches();
    expect(server.to('GET /api/v1/branches')[0]?.headers.authorization).toBe('Bearer abc-201');
  });

  it.each([[{ expires_in: 5 }], [{ access_token: null }], [{ access_token: 'long enough', expires_in: 'soon' }]])(
    'a token reply of the wrong shape is TITAN_UNEXPECTED_REPLY without its values: %j',
    async (json) => {
      server.on('POST /oauth/token', { json });
      const error = await failure(client().authenticate());
      expect(error.code).toBe('TITAN_UNEXPECTED_REPLY');
      expect(error.message).toMatch(/access_token: expected string|expires_in: expected number/u);
      expect(error.message).not.toMatch(/long enough|soon/u);
    },
  );

  it('a token request that fails for a moment is tried again, without multiplying the tries', async () => {
    server.on('POST /oauth/token', { status: 500 });
    const error = await failure(client({ limit: 2 }).listBranches());
    expect(error.code).toBe('TITAN_SERVER_ERROR');
    expect(server.to('POST /oauth/token')).toHaveLength(3);
  });
});

describe('weakness 6: retries', () => {
  it.each([
    { status: 500 },
    { status: 502, body: '<html><title>Bad</title>' },
    { status: 429 },
    { status: 408 },
    { reset: true } as const,
  ])('a read is repeated after %j', async (step) => {
    server.on('GET /api/v1/branches', step, step, page([branch(1)]));
    expect(await client().listBranches()).toHaveLength(1);
    expect(log.filter(({ event }) => event === 'retry').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('a read is not repeated for ever', async () => {
    server.on('GET /api/v1/branches', { status: 503 });
    const error = await failure(client({ limit: 2 }).listBranches());
    expect(error).toMatchObject({ code: 'TITAN_SERVER_ERROR', retryable: true, httpStatus: 503 });
    expect(server.to('GET /api/v1/branches')).toHaveLength(3);
  });

  it('a read that times out is repeated, and TITAN_TIMEOUT at last', async () => {
    server.on('GET /api/v1/branches', { silent: true });
    const error = await failure(client({ limit: 1, requestMs: 100 }).listBranches());
    expect(error).toMatchObject({ code: 'TITAN_TIMEOUT', retryable: true });
    expect(server.to('GET /api/v1/branches')).toHaveLength(2);
  });

  it.each(['1', 'Thu, 01 Jan 2026 00:00:01 GMT'])(
    'Retry-After %s is waited for, however short the own delay would be',
    async (value) => {
      const headers = { 'retry-after': value, date: 'Thu, 01 Jan 2026 00:00:00 GMT' };
      server.on('GET /api/v1/branches', { status: 429, headers }, page([]));
      await client({ maxDelayMs: 4_000 }).listBranches();
      const [retry] = log.filter(({ event }) => event === 'retry');
      expect(retry?.delayMs).toBe(1_000);
    },
  );

  it('a Retry-After beyond the longest delay is handed to the caller', async () => {
    server.on('GET /api/v1/branches', { status: 429, headers: { 'retry-after': '3600' } });
    const error = await failure(client().listBranches());
    expect(error).toMatchObject({ code: 'TITAN_RATE_LIMITED', retryable: true, retryAfterSeconds: 3_600 });
    expect(server.to('GET /api/v1/branches')).toHaveLength(1);
  });

  it.each([
    [{ reset: true } as const, undefined],
    [{ status: 500 }, 500],
    [{ status: 502 }, 502],
    [{ status: 503 }, 503],
    [{ status: 504 }, 504],
    [{ status: 201, body: '{"id": 5, "sta' }, 201],
    [{ status: 201, json: { id: 5 }, cutAfter: 3 }, undefined],
    [{ silent: true } as const, undefined],
  ])('a creation is never repeated after %j: TITAN_UNKNOWN_OUTCOME', async (step, httpStatus) => {
    const calls = (made: TitanRdmClient): [string, Promise<unknown>][] => [
      ['POST /api/imports/new', made.createImport({ branchId: 1 })],
      [
        'POST /api/import_tables/new',
        made.createImportTable({ importId: 1, tableKey: 'k', mappingKey: 'm', pattern: 'full' }),
      ],
      [
        'POST /api/exports/new',
        made.createExport({ branchId: 1, tableKey: 'k', pattern: 'full', includeHistory: false }),
      ],
    ];
    for (const route of ['POST /api/imports/new', 'POST /api/import_tables/new', 'POST /api/exports/new'])
      server.on(route, step);
    for (const [route, call] of calls(client({ requestMs: 200 }))) {
      expect(await failure(call)).toMatchObject({ code: 'TITAN_UNKNOWN_OUTCOME', retryable: false, httpStatus });
      expect(server.to(route)).toHaveLength(1);
    }
  });

  it.each([{ reset: true } as const, { status: 500 }, { status: 504 }, { body: '{' }])(
    'complete is tried once: %j is TITAN_UNKNOWN_OUTCOME',
    async (step) => {
      server.on('POST /api/imports/9/complete', step);
      expect((await failure(client().completeImport(9, 'done'))).code).toBe('TITAN_UNKNOWN_OUTCOME');
      expect(server.to('POST /api/imports/9/complete')).toHaveLength(1);
    },
  );

  it.each([{ status: 429 }, { status: 503, headers: { 'retry-after': '0' } }])(
    'a creation that the server turned away with %j is sent again: it did nothing',
    async (step) => {
      server.on('POST /api/imports/new', step, { status: 201, json: { id: 1, status: 'created' } });
      expect((await client().createImport({ branchId: 1 })).id).toBe('1');
    },
  );

  it.each(['createImport', 'listBranches'] as const)(
    'a server that cannot be reached is TITAN_UNREACHABLE for %s: nothing was sent, so trying again is safe',
    async (name) => {
      const lonely = client({ url: 'http://127.0.0.1:1', limit: 1 });
      const call = name === 'createImport' ? lonely.createImport({ branchId: 1 }) : lonely.listBranches();
      expect(await failure(call)).toMatchObject({ code: 'TITAN_UNREACHABLE', retryable: true });
      expect(log.filter(({ event }) => event === 'retry')).toHaveLength(1);
    },
  );

  it('a creation whose connection is refused is tried again', async () => {
    server.on('POST /api/imports/new', { json: { id: 1, status: 'created' } });
    const made = client({ limit: 50, maxDelayMs: 50 });
    await made.authenticate();
    const { port } = new URL(server.url);
    await server.close();
    const call = made.createImport({ branchId: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    server = await startScriptedServer(Number(port));
    server.on('POST /api/imports/new', { json: { id: 1, status: 'created' } });
    expect((await call).id).toBe('1');
    expect(server.to('POST /api/imports/new')).toHaveLength(1);
  });

  it('weakness 21: upload_complete and upload_failed are repeated', async () => {
    server.on(
      'POST /api/import_tables/3/upload_complete',
      { status: 500 },
      { reset: true },
      { json: { id: 3, status: 'uploaded' } },
    );
    server.on('POST /api/import_tables/3/upload_failed', { status: 500 }, { status: 204 });
    const made = client();
    expect((await made.uploadComplete(3)).status).toBe('uploaded');
    await made.uploadFailed(3, 'no');
    expect(server.to('POST /api/import_tables/3/upload_complete')).toHaveLength(3);
    expect(server.to('POST /api/import_tables/3/upload_failed')).toHaveLength(2);
  });
});

describe('what the server answers', () => {
  it.each([
    [400, 'TITAN_INVALID', false],
    [402, 'TITAN_PAYMENT_REQUIRED', false],
    [403, 'TITAN_FORBIDDEN', false],
    [404, 'TITAN_NOT_FOUND', false],
    [409, 'TITAN_INVALID', false],
    [422, 'TITAN_INVALID', false],
    [301, 'TITAN_UNEXPECTED_REPLY', false],
    [501, 'TITAN_SERVER_ERROR', false],
  ])('%d is %s', async (status, code, retryable) => {
    server.on('POST /api/imports/new', {
      status,
      json: { errors: ['Branch is closed'] },
      headers: { location: '/elsewhere' },
    });
    const error = await failure(client().createImport({ branchId: 1 }));
    expect(error).toMatchObject({ code, retryable, httpStatus: status });
    if (status !== 301) expect(error.message).toContain('Branch is closed');
    expect(server.to('POST /api/imports/new')).toHaveLength(1);
  });

  it('weakness 9: 202 is a success', async () => {
    server.on('POST /api/imports/5/complete', { status: 202, json: { id: 5, status: 'processing' } });
    expect((await client().completeImport(5)).status).toBe('processing');
  });

  it('weakness 9: 204 is a success where nothing needs to be said', async () => {
    server.on('POST /api/imports/5/complete', { status: 204 });
    server.on('POST /api/import_tables/6/upload_complete', { status: 204 });
    const made = client();
    expect(await made.completeImport(5)).toMatchObject({ id: '5', status: 'unknown' });
    expect(await made.uploadComplete(6)).toMatchObject({ id: '6', status: null });
  });

  it('a reply of the wrong shape to complete is settled by reading, to upload_complete it is TITAN_UNEXPECTED_REPLY', async () => {
    server.on('POST /api/imports/5/complete', { json: { unexpected: [] } });
    server.on('POST /api/import_tables/6/upload_complete', { json: { unexpected: [] } });
    expect((await failure(client().completeImport(5))).code).toBe('TITAN_UNKNOWN_OUTCOME');
    expect((await failure(client().uploadComplete(6))).code).toBe('TITAN_UNEXPECTED_REPLY');
  });

  it('weakness 22: replies that leave out the id do not erase it', async () => {
    server.on('POST /api/imports/5/complete', { json: { status: 'processing' } });
    server.on('POST /api/import_tables/6/upload_complete', { json: { status: 'uploaded', id: null } });
    server.on('GET /api/v1/imports/5', { json: { import: { status: 'completed' }, import_tables: [] } });
    server.on('GET /api/exports/8', { json: { status: 'started' } });
    server.on('GET /api/v1/branches/2', { json: { name: 'dev' } });
    const made = client();
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
    server.on('GET /api/v1/branches', { json });
    const error = await failure(client().listBranches());
    expect(error).toMatchObject({ code: 'TITAN_UNEXPECTED_REPLY', retryable: false });
    expect(error.message).toContain(expected);
    expect(error.message).not.toContain('secret value');
  });

  it('a page that is not JSON is TITAN_UNEXPECTED_REPLY without the page', async () => {
    server.on('GET /api/v1/branches', { body: '<html>Please log in, code 4711</html>' });
    const error = await failure(client().listBranches());
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
    server.on('GET /api/v1/imports/1', { json });
    const result = await client().getImportResult(1);
    expect(result.import).toMatchObject({ id: '1', status: 'completed' });
    expect(result.tables?.map(({ id, tableKey }) => ({ id, tableKey }))).toEqual([{ id: '2', tableKey: 'k' }]);
  });

  it('an import result without any list of tables says so', async () => {
    server.on('GET /api/v1/imports/1', { json: { import: { id: 1, status: 'created' } } });
    expect((await client().getImportResult(1)).tables).toBeNull();
  });

  it('a wrong field inside an import result is named with its path', async () => {
    server.on('GET /api/v1/imports/1', { json: { import: { id: 1, status: 7 } } });
    expect((await failure(client().getImportResult(1))).message).toContain('import.status: expected string');
  });
});

describe('weakness 10: calls can be stopped', () => {
  it.each(['while the server is silent', 'during the wait before a retry', 'before anything was sent'])(
    '%s',
    async (when) => {
      const stop = new AbortController();
      const reason = new Error('cancelled by the caller');
      server.on('GET /api/v1/branches', when === 'while the server is silent' ? { silent: true } : { status: 500 });
      const made = client({ limit: 100, maxDelayMs: 60_000 });
      await made.authenticate();
      if (when === 'before anything was sent') stop.abort(reason);
      const call = made.listBranches({ signal: stop.signal });
      setTimeout(() => stop.abort(reason), 50);
      await expect(call).rejects.toBe(reason);
    },
  );

  it('one signal may serve many calls at a time without a warning of Node', async () => {
    server.on('GET /api/v1/branches', page([]));
    const warnings: string[] = [];
    const hear = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', hear);
    const made = client();
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => made.listBranches({ signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', hear);
    expect(warnings).not.toContain('MaxListenersExceededWarning');
  });

  it('one caller that gives up does not take the token from those who still wait', async () => {
    server.on('GET /api/v1/branches', page([branch(1)]));
    const stop = new AbortController();
    const made = client();
    const first = made.listBranches({ signal: stop.signal });
    const second = made.listBranches();
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(await second).toHaveLength(1);
    expect(server.to('POST /oauth/token')).toHaveLength(1);
  });
});

describe('weakness 18: ids are encoded', () => {
  it.each(['a/b', '../../oauth/token', 'x?y=1', 'ü#1'])('%s stays one step of the path', async (id) => {
    const path = `/api/v1/branches/${encodeURIComponent(id)}`;
    server.on(`GET ${path}`, { json: { id, name: 'odd' } });
    expect((await client().getBranch(id)).id).toBe(id);
  });

  it.each(['', ' ', '.', '..'])('%j is refused before anything is sent', async (id) => {
    expect((await failure(client().getBranch(id))).code).toBe('TITAN_INVALID');
    expect(server.requests).toEqual([]);
  });
});

describe('nothing secret is ever told', () => {
  it('weakness 19: neither secret nor token nor signature is in an error, its cause or the log', async () => {
    const signed = 'https://bucket.example/path/file.csv?X-Amz-Signature=abc123&X-Amz-Credential=AKIA';
    const text = `bad ${SECRET} and Bearer token-1 at ${signed} {"access_token":"zzz"}`;
    server.on('GET /api/v1/branches', { status: 400, json: { message: text } });
    server.on('GET /api/v1/domains', { reset: true });
    const made = client({ limit: 1 });
    const errors = [await failure(made.listBranches()), await failure(made.listDomains())];
    const told = JSON.stringify(log) + errors.map(everything).join('\n');
    expect(told).toContain('bad [redacted]');
    for (const secret of [SECRET, 'token-1', 'token-2', 'abc123', 'AKIA', 'zzz']) expect(told).not.toContain(secret);
  });

  it('the reason given to upload_failed is cleaned as well', async () => {
    server.on('POST /api/import_tables/3/upload_failed', { status: 200 });
    await client().uploadFailed(3, 'PUT https://bucket.example/a?X-Amz-Signature=abc123 failed');
    expect(server.to('POST /api/import_tables/3/upload_failed')[0]?.body).toBe(
      '{"message":"PUT https://bucket.example/[redacted] failed"}',
    );
  });
});
