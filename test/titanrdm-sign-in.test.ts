import { describe, expect, it } from '@jest/globals';
import { branch, page, scriptedTitan } from './support/scripted-titan.js';
import { CLIENT_SECRET as SECRET, failure } from './support/titan-client.js';

const titan = scriptedTitan();

describe('signing in', () => {
  it('sends nothing before the first call', () => {
    titan.client();
    expect(titan.server.requests).toEqual([]);
  });

  it('sends the client credentials as a form and the token as a bearer', async () => {
    titan.server.on('GET /api/v1/branches', page([branch(1)]));
    await titan.client().listBranches();
    const [token, list] = titan.server.requests;
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
    titan.server.on('GET /api/v1/branches', page([branch(1)]));
    const shared = titan.client();
    await Promise.all(Array.from({ length: 30 }, () => shared.listBranches()));
    expect(titan.server.to('POST /oauth/token')).toHaveLength(1);
    expect(titan.server.to('GET /api/v1/branches')).toHaveLength(30);
  });

  it('weakness 7: signs in again on a 401, once for all callers, and repeats the call', async () => {
    titan.server.on('GET /api/v1/branches', ({ headers }) =>
      headers.authorization === 'Bearer token-1'
        ? { status: 401, json: { error: 'token revoked' } }
        : page([branch(1)]),
    );
    const shared = titan.client();
    const lists = await Promise.all(Array.from({ length: 5 }, () => shared.listBranches()));
    expect(lists.map((list) => list.length)).toEqual([1, 1, 1, 1, 1]);
    expect(titan.server.to('POST /oauth/token')).toHaveLength(2);
  });

  it('weakness 7: a creation that was answered with 401 is repeated too, since it was not done', async () => {
    titan.server.on('POST /api/imports/new', { status: 401 }, { status: 201, json: { id: 7, status: 'created' } });
    expect((await titan.client().createImport({ branchId: 1 })).id).toBe('7');
    expect(titan.server.to('POST /api/imports/new').map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('a second 401 is TITAN_AUTHENTICATION and final', async () => {
    titan.server.on('GET /api/v1/branches', { status: 401, json: { error: 'not for clients' } });
    const error = await failure(titan.client().listBranches());
    expect(error).toMatchObject({ code: 'TITAN_AUTHENTICATION', retryable: false, httpStatus: 401 });
    expect(titan.server.to('GET /api/v1/branches')).toHaveLength(2);
  });

  it.each([400, 401, 403])(
    'bad credentials answered with %d are TITAN_AUTHENTICATION with what the server said',
    async (status) => {
      const json = { error: 'invalid_client', error_description: 'Client authentication failed' };
      titan.server.on('POST /oauth/token', { status, json });
      const error = await failure(titan.client().authenticate());
      expect(error).toMatchObject({ code: 'TITAN_AUTHENTICATION', retryable: false });
      expect(error.message).toContain('invalid_client: Client authentication failed');
      expect(titan.server.requests).toHaveLength(1);
    },
  );

  it('weakness 9: a token that comes with 201 is a token', async () => {
    titan.server.on('POST /oauth/token', { status: 201, json: { access_token: 'abc-201' } });
    titan.server.on('GET /api/v1/branches', page([]));
    await titan.client().listBranches();
    expect(titan.server.to('GET /api/v1/branches')[0]?.headers.authorization).toBe('Bearer abc-201');
  });

  it.each([[{ expires_in: 5 }], [{ access_token: null }], [{ access_token: 'long enough', expires_in: 'soon' }]])(
    'a token reply of the wrong shape is TITAN_UNEXPECTED_REPLY without its values: %j',
    async (json) => {
      titan.server.on('POST /oauth/token', { json });
      const error = await failure(titan.client().authenticate());
      expect(error.code).toBe('TITAN_UNEXPECTED_REPLY');
      expect(error.message).toMatch(/access_token: expected string|expires_in: expected number/u);
      expect(error.message).not.toMatch(/long enough|soon/u);
    },
  );

  it('a token request that fails for a moment is tried again, without multiplying the tries', async () => {
    titan.server.on('POST /oauth/token', { status: 500 });
    const error = await failure(titan.client({ limit: 2 }).listBranches());
    expect(error.code).toBe('TITAN_SERVER_ERROR');
    expect(titan.server.to('POST /oauth/token')).toHaveLength(3);
  });
});
