import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { RawClient } from './support/sandbox-http.js';

const MAIN = path.resolve('.tidemark', 'build', 'sandbox', 'main.js');

let folder = '';
let child: ChildProcess;
let client: RawClient;

async function start(...args: string[]): Promise<void> {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const started = spawn(process.execPath, [MAIN, '--data-directory', folder, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const [line] = (await once(createInterface({ input: started.stdout }), 'line')) as [string]; // readline's event
  // The line is this test's subject: what is missing in it fails below.
  const { titanrdm } = JSON.parse(line) as { titanrdm: RawClient['sandbox'] };
  client = new RawClient(titanrdm);
  await client.signIn();
}

async function control(method: string, name: string, body?: unknown) {
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${client.sandbox.url}/_sandbox/${name}`, { method, ...json });
  // Each test asserts what it reads.
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
});

afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

describe('the sandbox as a process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('says where it is, and leaves nothing behind on %s', async (signal) => {
    await start('--client-id', 'me', '--client-secret', 'hush');
    expect(client.sandbox).toMatchObject({ clientId: 'me', clientSecret: 'hush' });
    expect((await client.get('/api/v1/branches')).status).toBe(200);
    expect(await readdir(folder)).toHaveLength(1);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('starts with the content of a definitions file', async () => {
    const file = path.join(folder, 'content.yaml');
    await writeFile(
      file,
      `branches: [{ name: trunk, integration: true }]
domains:
  - name: Geography
    abbreviation: geo
    tables: [{ name: Countries, columns: [{ name: code, primaryKey: true }, { name: name }] }]
`,
    );
    await start('--definitions', file);
    const table = await client.table('countries', 'trunk');
    expect(table.branchId).toBe(await client.branch('trunk'));
    expect((await client.get('/api/v1/branches')).json.data).toHaveLength(1);
  });
});

describe('a sandbox that cannot start', () => {
  it('says why in one line, and exits 1', async () => {
    await start();
    const { port } = new URL(client.sandbox.url);
    const second = spawn(process.execPath, [MAIN, '--port', port], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = await text(second.stderr);
    expect(said).toMatch(/^The sandbox cannot start: .*EADDRINUSE.*\n$/);
    expect(second.exitCode ?? (await once(second, 'exit'))[0]).toBe(1);
  });
});

describe('the control API', () => {
  beforeEach(() => start());

  it('defines branches, domains and tables', async () => {
    expect((await control('POST', 'branches', { name: 'extra' })).status).toBe(201);
    expect((await control('POST', 'domains', { name: 'Geography', abbreviation: 'geo' })).status).toBe(201);
    const columns = [{ name: 'code', primaryKey: true }];
    const table = { domain: 'Geography', table: { name: 'Countries', columns } };
    const { json } = await control('POST', 'tables', table);
    expect(json['deployed']).toHaveLength(3);
    expect((await client.table('countries', 'extra')).key).toBe((await client.table('countries', 'main')).key);
  });

  it('shows how often each record was applied', async () => {
    await client.import({ segments: { csv: 'segment\na\nb\n' } });
    await client.import({ segments: { csv: 'segment\nb\n', pattern: 'incremental' } });
    const state = { currentRows: 2, versions: 2, timesApplied: { '1': 1, '2': 1 } };
    expect((await control('GET', 'tables/cust_segments/state')).json).toMatchObject(state);
    expect((await control('GET', 'state')).json).toMatchObject({
      imports: { completed: 2 },
      tables: [{ conventionKey: 'cust_segments', branch: 'main', ...state }],
    });
    expect((await control('GET', 'tables/cust_segments/rows')).json['rows']).toMatchObject([
      { segment: 'a', description: null },
      { segment: 'b', description: null },
    ]);
  });

  it('sets faults, and proves by its log which were made', async () => {
    await control('PUT', 'faults', {
      rules: [{ kind: 'status', status: 500, match: { route: 'domains.list' }, times: 1 }],
    });
    await control('POST', 'faults', { rules: [{ kind: 'lostReply', match: { route: 'branches.list' } }] });
    expect((await client.get('/api/v1/domains')).status).toBe(500);
    await expect(client.get('/api/v1/branches')).rejects.toThrow();
    expect((await control('GET', 'faults')).json['rules']).toMatchObject([{ made: 1 }, { made: 1 }]);
    expect((await control('GET', 'faults/log')).json).toMatchObject({ total: 2, counts: { status: 1, lostReply: 1 } });
    await control('DELETE', 'faults');
    expect((await client.get('/api/v1/branches')).status).toBe(200);
  });

  it('changes the settings that are named, and no others', async () => {
    await control('PATCH', 'settings', { latencyMs: 1 });
    const { json } = await control('PATCH', 'settings', { omitMeta: true });
    expect(json).toMatchObject({ latencyMs: 1, omitMeta: true, booleans: 'true/false' });
    const wrong = await control('PATCH', 'settings', { latency: 1 });
    expect(wrong.status).toBe(400);
    expect(wrong.json['errors']).toEqual([expect.stringContaining('latency')]);
  });

  it('counts product calls only', async () => {
    await control('DELETE', 'requests');
    await client.get('/api/v1/branches');
    const { json } = await control('GET', 'requests');
    expect(json).toMatchObject({ counts: { 'branches.list': 1 }, latest: [{ route: 'branches.list', status: 200 }] });
  });

  it('lets the server stand still for a while', async () => {
    expect((await control('POST', 'stop-listening', { forMs: 300 })).status).toBe(200);
    let refused = 0;
    for (;;) {
      const up = await client.get('/api/v1/branches').then(
        ({ status }) => status === 200,
        () => false,
      );
      if (up && refused > 0) break;
      if (!up) refused += 1;
    }
    expect(refused).toBeGreaterThan(0);
  });
});
