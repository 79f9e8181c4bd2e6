import { describe, expect, it } from '@jest/globals';
import { scriptedTitan } from './support/scripted-titan.js';
import { failure } from './support/titan-client.js';

const titan = scriptedTitan();

describe('creating an export', () => {
  const NEW = 'POST /api/exports/new';
  const input = { branchId: 1, tableKey: 'k', pattern: 'incremental', includeHistory: true } as const;

  it('sends what was asked for, the mark normalised', async () => {
    titan.server.on(NEW, { status: 201, json: { id: 5, status: 'created', download_url: null } });
    const made = await titan
      .client()
      .createExport({ ...input, correlationCode: 'c', highWaterMark: '2026-09-09T00:00:00Z' });
    expect(made).toMatchObject({ id: '5', status: 'created', download_url: null });
    expect(JSON.parse(titan.server.to(NEW)[0]?.body ?? '')).toEqual({
      branch_id: 1,
      table_definition_key: 'k',
      pattern: 'incremental',
      include_history: true,
      correlation_code: 'c',
      high_water_mark: '2026-09-09T00:00:00+00:00',
    });
  });

  it.each([undefined, '', 'yesterday'])(
    'an incremental one with the mark %j is TITAN_BAD_MARK, before anything is sent',
    async (mark) => {
      const call = titan.client().createExport({ ...input, ...(mark === undefined ? {} : { highWaterMark: mark }) });
      expect((await failure(call)).code).toBe('TITAN_BAD_MARK');
      expect(titan.server.requests).toEqual([]);
    },
  );

  it.each([
    [422, { error: 'Only full exports are available' }, 'TITAN_INCREMENTAL_REFUSED'],
    [400, { errors: ["pattern 'incremental' is not supported"] }, 'TITAN_INCREMENTAL_REFUSED'],
    [501, {}, 'TITAN_INCREMENTAL_REFUSED'],
    [422, { error: 'high_water_mark is in the future' }, 'TITAN_INVALID'],
  ])('an incremental one refused with %d %j is %s', async (status, json, code) => {
    titan.server.on(NEW, { status, json });
    expect(await failure(titan.client().createExport({ ...input, highWaterMark: '2026-01-01' }))).toMatchObject({
      code,
      retryable: false,
    });
  });

  it('a full one is never called incremental', async () => {
    titan.server.on(NEW, { status: 422, json: { error: 'incremental load is running' } });
    const call = titan.client().createExport({ ...input, pattern: 'full' });
    expect((await failure(call)).code).toBe('TITAN_INVALID');
  });
});

describe('creating an import', () => {
  it('leaves out what is empty, as the SDK does', async () => {
    titan.server.on('POST /api/imports/new', { status: 201, json: { id: 1, status: 'created' } });
    await titan.client().createImport({ branchId: 1, description: '', correlationCode: 'c' });
    expect(titan.server.to('POST /api/imports/new')[0]?.body).toBe('{"branch_id":1,"correlation_code":"c"}');
  });

  it('completes without a body when there is no message', async () => {
    titan.server.on('POST /api/imports/1/complete', { json: { id: 1, status: 'processing' } });
    await titan.client().completeImport(1);
    await titan.client().completeImport(1, 'done');
    expect(titan.server.to('POST /api/imports/1/complete').map(({ body }) => body)).toEqual(['', '{"message":"done"}']);
  });

  it('an import table without an upload address is TITAN_UNEXPECTED_REPLY', async () => {
    titan.server.on('POST /api/import_tables/new', { json: { id: 1, status: 'created' } });
    const call = titan.client().createImportTable({ importId: 1, tableKey: 'k', mappingKey: 'm', pattern: 'full' });
    expect((await failure(call)).code).toBe('TITAN_UNEXPECTED_REPLY');
  });
});
