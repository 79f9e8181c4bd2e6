import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { gunzipSync } from 'node:zlib';
import { startTitanSandbox, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { parseMark } from '../sandbox/titanrdm/server-clock.js';
import { RawClient } from './support/sandbox-http.js';

let sandbox: TitanSandbox;
let client: RawClient;
/** Instant between the first import and the second. */
let between = '';

const SYSTEM = [
  'trdm_sk',
  'trdm_record_id',
  'trdm_state',
  'trdm_created_at',
  'trdm_effective_from',
  'trdm_effective_to',
  'trdm_is_deleted',
  'trdm_actor_type',
  'trdm_actor_id',
  'trdm_tran_code',
];
const HIGH_DATE = '9999-12-31T00:00:00+00';

beforeAll(async () => {
  sandbox = await startTitanSandbox({
    exportDelayMs: 0,
    domains: [
      {
        name: 'Test',
        abbreviation: 't',
        tables: [
          {
            name: 'Things',
            columns: [{ name: 'code', primaryKey: true }, { name: 'old', deleted: true }, { name: 'odd "name"' }],
          },
          { name: 'Never used', columns: [{ name: 'id', primaryKey: true }] },
          { name: 'Changing', columns: [{ name: 'id', primaryKey: true }, { name: 'load' }] },
        ],
      },
    ],
  });
  client = new RawClient(sandbox);
  await client.signIn();
  // a is changed twice, b stays, c is deleted, d is new.
  await client.import({ things: { csv: 'code,"odd ""name"""\na,1\nb,""\nc,\n' } });
  between = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 2));
  const delta = 'code,"odd ""name""",trdm_tran_code\na,2,u\nc,,d\nd,"x,y",i\n';
  await client.import({ things: { csv: delta, pattern: 'incremental_with_delete' } });
  await client.import({ things: { csv: 'code,"odd ""name"""\na,3\n', pattern: 'incremental' } });
});

beforeEach(() => sandbox.configure({ exportDelayMs: 0 }));
afterAll(() => sandbox.close());

async function exported(options: Record<string, unknown> = {}): Promise<Record<string, string>[]> {
  return parse(await client.download('things', options), { columns: true });
}

const shown = (rows: Record<string, string>[]) =>
  rows.map((row) => [row['code'], row['odd "name"'], row['trdm_tran_code'], row['trdm_state']].join(' ')).sort();

describe('the rows of an export', () => {
  it('of full without history are the current versions of live records, without codes', async () => {
    expect(shown(await exported())).toEqual(['a 3  C', 'b   C', 'd x,y  C']);
  });

  it('of full with history are all versions', async () => {
    expect(shown(await exported({ include_history: true }))).toEqual([
      'a 1 i H',
      'a 2 u H',
      'a 3 u C',
      'b  i C',
      'c  d C',
      'c  i H',
      'd x,y i C',
    ]);
  });

  it('of incremental without history are the latest versions since the mark, tombstones too', async () => {
    const rows = await exported({ pattern: 'incremental', high_water_mark: between });
    expect(shown(rows)).toEqual(['a 3 u C', 'c  d C', 'd x,y i C']);
  });

  it('of incremental with history are all versions since the mark', async () => {
    const rows = await exported({ pattern: 'incremental', high_water_mark: between, include_history: true });
    expect(shown(rows)).toEqual(['a 2 u H', 'a 3 u C', 'c  d C', 'd x,y i C']);
  });

  it('include a version written at the very instant of the mark', async () => {
    const all = await exported({ include_history: true });
    const last =
      all
        .map((row) => row['trdm_created_at'] ?? '')
        .sort()
        .at(-1) ?? '';
    expect(shown(await exported({ pattern: 'incremental', high_water_mark: last }))).toEqual(['a 3 u C']);
  });

  it('come in the same order every time', async () => {
    const first = await client.download('things', { include_history: true });
    expect(await client.download('things', { include_history: true })).toBe(first);
  });
});

describe('the columns of an export', () => {
  it('are the live user columns, then the system columns, then the code', async () => {
    const [header] = parse(await client.download('things'), { to: 1 });
    expect(header).toEqual(['code', 'odd "name"', ...SYSTEM]);
  });

  it('are there for a table that never had a row', async () => {
    expect((await client.download('never_used')).trimEnd().split('\n')).toEqual([['id', ...SYSTEM].join(',')]);
  });

  it('tell NULL from the empty string', async () => {
    const lines = (await client.download('things', { include_history: true })).split('\n');
    expect(lines.find((line) => line.startsWith('b,'))).toMatch(/^b,"",/);
    expect(lines.find((line) => line.startsWith('c,'))).toMatch(/^c,,/);
  });

  it('chain the versions of a record in time and name the import as actor', async () => {
    const versions = (await exported({ include_history: true })).filter((row) => row['code'] === 'a');
    const [first, second, third] = versions;
    expect(first?.['trdm_effective_to']).toBe(second?.['trdm_effective_from']);
    expect(second?.['trdm_effective_to']).toBe(third?.['trdm_effective_from']);
    expect(third?.['trdm_effective_to']).toBe(HIGH_DATE);
    expect(new Set(versions.map((row) => row['trdm_record_id'])).size).toBe(1);
    for (const version of versions) {
      expect(version['trdm_created_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00$/);
      expect(version).toMatchObject({ trdm_actor_type: 'I', trdm_is_deleted: 'false' });
    }
  });

  it('spell booleans as older servers do when it is told to', async () => {
    sandbox.configure({ booleans: 't/f' });
    const rows = await exported({ include_history: true });
    sandbox.configure({ booleans: 'true/false' });
    expect(new Set(rows.map((row) => row['trdm_is_deleted']))).toEqual(new Set(['t', 'f']));
  });
});

describe('the life of an export', () => {
  it('goes from created over started to completed, echoing what was asked for', async () => {
    sandbox.configure({ exportDelayMs: 200 });
    const created = await client.startExport('things', { correlation_code: 'run-1' });
    expect(created.status).toBe(201);
    expect(created.json).toMatchObject({ status: 'created', download_url: null, correlation_code: 'run-1' });
    const started = await client.get(`/api/exports/${created.json.id}`);
    expect(started.json).toMatchObject({ status: 'started', download_url: null, started_datetime: expect.any(String) });
    const done = await client.exported(created.json.id);
    const csv = await (await fetch(done.download_url)).text();
    expect(done).toMatchObject({
      status: 'completed',
      rows_exported: 3,
      files_exported: 1,
      bytes_exported: Buffer.byteLength(csv),
      compressed: false,
      pattern: 'full',
      include_history: false,
      complete_datetime: expect.any(String),
    });
  });

  it('ends as ready on older servers', async () => {
    sandbox.configure({ finishedExportStatus: 'ready' });
    const { json } = await client.startExport('things');
    expect((await client.exported(json.id)).status).toBe('ready');
    sandbox.configure({ finishedExportStatus: 'completed' });
  });

  it('gives a gzip file when it is told to', async () => {
    const plain = await client.download('things');
    sandbox.configure({ compressExports: true });
    const { json } = await client.startExport('things');
    const done = await client.exported(json.id);
    sandbox.configure({ compressExports: false });
    const bytes = Buffer.from(await (await fetch(done.download_url)).arrayBuffer());
    expect(done).toMatchObject({ compressed: true, bytes_exported: bytes.length });
    expect(gunzipSync(bytes).toString()).toBe(plain);
  });

  it.each(['download_urls', 'download_url'] as const)('gives several files in %s', async (list) => {
    sandbox.configure({ exportRowsPerFile: 3, exportFileList: list });
    const { json } = await client.startExport('things', { include_history: true });
    const done = await client.exported(json.id);
    sandbox.configure({ exportRowsPerFile: 0, exportFileList: 'download_urls' });
    expect(done).toMatchObject({ files_exported: 3, rows_exported: 7 });
    const files = await Promise.all((done[list] as string[]).map(async (url) => (await fetch(url)).text()));
    expect(files.map((text) => parse(text, { columns: true }).length)).toEqual([3, 3, 1]);
  });

  it('holds the rows of one moment, as many as it says, whatever is imported meanwhile', async () => {
    sandbox.configure({ exportRowsPerFile: 1 });
    const loads = [...Array(10).keys()];
    const csvOf = (load: number) => `id,load\n${[...Array(20 + load).keys()].map((id) => `${id},${load}\n`).join('')}`;
    await client.import({ changing: { csv: csvOf(0) } });
    const over = new AbortController();
    const importing = (async () => {
      for (const load of loads) await client.import({ changing: { csv: csvOf(load) } });
    })().finally(() => over.abort());
    const told: number[] = [];
    const received: string[][] = [];
    while (!over.signal.aborted) {
      const { json } = await client.startExport('changing');
      const done = await client.exported(json.id);
      const files = await Promise.all(done.download_urls.map(async (url) => (await fetch(url)).text()));
      const rows = files.flatMap((text): Record<string, string>[] => parse(text, { columns: true }));
      told.push(done.rows_exported);
      received.push(rows.map((row) => row['load'] ?? ''));
    }
    await importing;
    sandbox.configure({ exportRowsPerFile: 0 });
    expect(received.map((rows) => rows.length)).toEqual(told);
    expect(received.map((rows) => [...new Set(rows)].length)).toEqual(told.map(() => 1));
    expect(new Set(told).size).toBeGreaterThan(1);
  });

  it('gives addresses that expire, need no token and cannot be changed', async () => {
    const { json } = await client.startExport('things');
    const { download_url: url } = await client.exported(json.id);
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.replace('/0?', '/1?'))).status).toBe(403);
    sandbox.configure({ signedUrlTtlSeconds: -1 });
    const expired = (await client.exported(json.id)).download_url;
    sandbox.configure({ signedUrlTtlSeconds: 900 });
    expect((await fetch(expired)).status).toBe(403);
    expect((await fetch((await client.exported(json.id)).download_url)).status).toBe(200);
  });

  it.each([
    ['a pattern that does not exist', { pattern: 'some' }],
    ['an incremental without a mark', { pattern: 'incremental' }],
    ['a mark that is none', { pattern: 'incremental', high_water_mark: 'yesterday' }],
    ['history that is neither true nor false', { include_history: 'yes' }],
  ])('never begins with %s', async (_, options) => {
    expect((await client.startExport('things', options)).status).toBe(422);
  });

  it('never begins as incremental where the tenant has none', async () => {
    sandbox.configure({ refuseIncremental: true });
    const reply = await client.startExport('things', { pattern: 'incremental', high_water_mark: between });
    const full = await client.startExport('things');
    sandbox.configure({ refuseIncremental: false });
    expect(reply.status).toBe(422);
    expect(full.status).toBe(201);
  });
});

describe('a high-water mark', () => {
  it.each([
    ['2026-09-09T19:00:00+10:00', '2026-09-09T09:00:00.000000+00'],
    ['2026-09-09T09:00:00Z', '2026-09-09T09:00:00.000000+00'],
    ['2026-09-09T09:00:00', '2026-09-09T09:00:00.000000+00'],
    ['2026-09-09T09:00:00.123456789+00:00', '2026-09-09T09:00:00.123456+00'],
    ['2026-09-09 09:00', '2026-09-09T09:00:00.000000+00'],
    ['2026-09-09', '2026-09-09T00:00:00.000000+00'],
    ['9999-12-31T00:00:00+00', '9999-12-31T00:00:00.000000+00'],
    ['2026-13-01', undefined],
    ['now', undefined],
  ])('%s is read as %s', (text, instant) => {
    expect(parseMark(text)).toBe(instant);
  });
});
