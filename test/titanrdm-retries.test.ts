import { describe, expect, it } from '@jest/globals';
import { getEventListeners, getMaxListeners } from 'node:events';
import type { TitanRdmClient } from '../connectors/titanrdm/index.js';
import { startScriptedServer } from './support/scripted-server.js';
import { branch, page, scriptedTitan } from './support/scripted-titan.js';
import { failure } from './support/titan-client.js';

const titan = scriptedTitan();

describe('weakness 6: retries', () => {
  it.each([
    { status: 500 },
    { status: 502, body: '<html><title>Bad</title>' },
    { status: 429 },
    { status: 408 },
    { reset: true } as const,
  ])('a read is repeated after %j', async (step) => {
    titan.server.on('GET /api/v1/branches', step, step, page([branch(1)]));
    expect(await titan.client().listBranches()).toHaveLength(1);
    expect(titan.log.filter(({ event }) => event === 'retry').map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('a read is not repeated for ever', async () => {
    titan.server.on('GET /api/v1/branches', { status: 503 });
    const error = await failure(titan.client({ limit: 2 }).listBranches());
    expect(error).toMatchObject({ code: 'TITAN_SERVER_ERROR', retryable: true, httpStatus: 503 });
    expect(titan.server.to('GET /api/v1/branches')).toHaveLength(3);
  });

  it('a read that times out is repeated, and TITAN_TIMEOUT at last', async () => {
    titan.server.on('GET /api/v1/branches', { silent: true });
    const error = await failure(titan.client({ limit: 1, requestMs: 100 }).listBranches());
    expect(error).toMatchObject({ code: 'TITAN_TIMEOUT', retryable: true });
    expect(titan.server.to('GET /api/v1/branches')).toHaveLength(2);
  });

  it.each(['1', 'Thu, 01 Jan 2026 00:00:01 GMT'])(
    'Retry-After %s is waited for, however short the own delay would be',
    async (value) => {
      const headers = { 'retry-after': value, date: 'Thu, 01 Jan 2026 00:00:00 GMT' };
      titan.server.on('GET /api/v1/branches', { status: 429, headers }, page([]));
      await titan.client({ maxDelayMs: 4_000 }).listBranches();
      const [retry] = titan.log.filter(({ event }) => event === 'retry');
      expect(retry?.delayMs).toBe(1_000);
    },
  );

  it('a Retry-After beyond the longest delay is handed to the caller', async () => {
    titan.server.on('GET /api/v1/branches', { status: 429, headers: { 'retry-after': '3600' } });
    const error = await failure(titan.client().listBranches());
    expect(error).toMatchObject({ code: 'TITAN_RATE_LIMITED', retryable: true, retryAfterSeconds: 3_600 });
    expect(titan.server.to('GET /api/v1/branches')).toHaveLength(1);
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
      titan.server.on(route, step);
    for (const [route, call] of calls(titan.client({ requestMs: 200 }))) {
      expect(await failure(call)).toMatchObject({ code: 'TITAN_UNKNOWN_OUTCOME', retryable: false, httpStatus });
      expect(titan.server.to(route)).toHaveLength(1);
    }
  });

  it.each([{ reset: true } as const, { status: 500 }, { status: 504 }, { body: '{' }])(
    'complete is tried once: %j is TITAN_UNKNOWN_OUTCOME',
    async (step) => {
      titan.server.on('POST /api/imports/9/complete', step);
      expect((await failure(titan.client().completeImport(9, 'done'))).code).toBe('TITAN_UNKNOWN_OUTCOME');
      expect(titan.server.to('POST /api/imports/9/complete')).toHaveLength(1);
    },
  );

  it.each([{ status: 429 }, { status: 503, headers: { 'retry-after': '0' } }])(
    'a creation that the server turned away with %j is sent again: it did nothing',
    async (step) => {
      titan.server.on('POST /api/imports/new', step, { status: 201, json: { id: 1, status: 'created' } });
      expect((await titan.client().createImport({ branchId: 1 })).id).toBe('1');
    },
  );

  it.each(['createImport', 'listBranches'] as const)(
    'a server that cannot be reached is TITAN_UNREACHABLE for %s: nothing was sent, so trying again is safe',
    async (name) => {
      const lonely = titan.client({ url: 'http://127.0.0.1:1', limit: 1 });
      const call = name === 'createImport' ? lonely.createImport({ branchId: 1 }) : lonely.listBranches();
      expect(await failure(call)).toMatchObject({ code: 'TITAN_UNREACHABLE', retryable: true });
      expect(titan.log.filter(({ event }) => event === 'retry')).toHaveLength(1);
    },
  );

  it('a creation whose connection is refused is tried again', async () => {
    titan.server.on('POST /api/imports/new', { json: { id: 1, status: 'created' } });
    const made = titan.client({ limit: 50, maxDelayMs: 50 });
    await made.authenticate();
    const { port } = new URL(titan.server.url);
    await titan.server.close();
    const call = made.createImport({ branchId: 1 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    titan.server = await startScriptedServer(Number(port));
    titan.server.on('POST /api/imports/new', { json: { id: 1, status: 'created' } });
    expect((await call).id).toBe('1');
    expect(titan.server.to('POST /api/imports/new')).toHaveLength(1);
  });

  it('weakness 21: upload_complete and upload_failed are repeated', async () => {
    titan.server.on(
      'POST /api/import_tables/3/upload_complete',
      { status: 500 },
      { reset: true },
      { json: { id: 3, status: 'uploaded' } },
    );
    titan.server.on('POST /api/import_tables/3/upload_failed', { status: 500 }, { status: 204 });
    const made = titan.client();
    expect((await made.uploadComplete(3)).status).toBe('uploaded');
    await made.uploadFailed(3, 'no');
    expect(titan.server.to('POST /api/import_tables/3/upload_complete')).toHaveLength(3);
    expect(titan.server.to('POST /api/import_tables/3/upload_failed')).toHaveLength(2);
  });

  it.each([400, 409, 422])(
    'weakness 21: upload_complete that is refused with %d after a try that nobody answered is TITAN_UNKNOWN_OUTCOME',
    async (status) => {
      const route = 'POST /api/import_tables/3/upload_complete';
      titan.server.on(route, { reset: true }, { status, json: { error: 'already uploaded' } });
      expect((await failure(titan.client().uploadComplete(3))).code).toBe('TITAN_UNKNOWN_OUTCOME');
      titan.server.on(route, { status: 429 }, { status, json: { error: 'no file' } });
      expect((await failure(titan.client().uploadComplete(3))).code).toMatch(/TITAN_(INVALID|CONFLICT)/u);
    },
  );
});

describe('weakness 10: calls can be stopped', () => {
  it.each(['while the server is silent', 'during the wait before a retry', 'before anything was sent'])(
    '%s',
    async (when) => {
      const stop = new AbortController();
      const reason = new Error('cancelled by the caller');
      titan.server.on(
        'GET /api/v1/branches',
        when === 'while the server is silent' ? { silent: true } : { status: 500 },
      );
      const made = titan.client({ limit: 100, maxDelayMs: 60_000 });
      await made.authenticate();
      if (when === 'before anything was sent') stop.abort(reason);
      const call = made.listBranches({ signal: stop.signal });
      setTimeout(() => stop.abort(reason), 50);
      await expect(call).rejects.toBe(reason);
    },
  );

  it('one signal may serve many calls at a time without a warning of Node', async () => {
    titan.server.on('GET /api/v1/branches', page([]));
    const made = titan.client();
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => made.listBranches({ signal })));
    // Node warns when more than the limit listen. (The warning itself doesn't reach jest's process object.)
    expect(getMaxListeners(signal)).toBeGreaterThan(1_000);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('one caller that gives up does not take the token from those who still wait', async () => {
    titan.server.on('GET /api/v1/branches', page([branch(1)]));
    const stop = new AbortController();
    const made = titan.client();
    const first = made.listBranches({ signal: stop.signal });
    const second = made.listBranches();
    stop.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    expect(await second).toHaveLength(1);
    expect(titan.server.to('POST /oauth/token')).toHaveLength(1);
  });
});
