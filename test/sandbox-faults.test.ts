import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ROUTE_NAMES, startTitanSandbox, type FaultRuleInput, type TitanSandbox } from '../sandbox/titanrdm/index.js';
import { put, RawClient, type Answer } from './support/sandbox-http.js';

let sandbox: TitanSandbox;
let client: RawClient;

beforeAll(async () => {
  sandbox = await startTitanSandbox({ exportDelayMs: 0 });
  client = new RawClient(sandbox);
  await client.signIn();
  await client.import({ segments: { csv: `segment\n${Array.from({ length: 500 }, (_, i) => `s${i}`).join('\n')}\n` } });
});

afterEach(() => sandbox.clearFaults());
afterAll(() => sandbox.close());

const DOMAINS = '/api/v1/domains';
const domains = () => client.get(DOMAINS);
const last = () => sandbox.faultLog.at(-1);

/** What became of a call whose connection broke: its error's code, or undefined when it went well. */
async function brokenBy(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    // fetch wraps what the socket said.
    const { cause } = error as { cause?: { code?: string; cause?: { code?: string } } };
    return cause?.code ?? cause?.cause?.code ?? 'broken';
  }
}

async function newImport(): Promise<number> {
  return (await client.post('/api/imports/new', { branch_id: await client.branch() })).json.id;
}

describe('a fault rule', () => {
  it('hits the calls that it names, after those to skip, as often as it says, and logs each', async () => {
    const before = sandbox.faultLog.length;
    sandbox.setFaults([
      { kind: 'status', status: 503, label: 'busy', match: { route: 'domains.list' }, skip: 1, times: 2 },
    ]);
    const statuses = [];
    for (let call = 0; call < 4; call += 1) {
      statuses.push((await domains()).status);
      expect((await client.get('/api/v1/branches')).status).toBe(200);
    }
    expect(statuses).toEqual([200, 503, 503, 200]);
    expect(sandbox.faultLog.slice(before)).toMatchObject([
      { kind: 'status', label: 'busy', route: 'domains.list', method: 'GET', path: DOMAINS, workStatus: null },
      { kind: 'status', label: 'busy' },
    ]);
  });

  it.each<[string, FaultRuleInput['match'], boolean]>([
    ['its method', { method: 'get' }, true],
    ['another method', { method: 'POST' }, false],
    ['a path', { path: '^/api/v1/dom' }, true],
    ['another path', { path: 'imports' }, false],
    ['one of its routes', { route: ['token', 'domains.list'] }, true],
    ['nothing at all', undefined, true],
  ])('matches by %s', async (_, match, hit) => {
    sandbox.setFaults([{ kind: 'status', ...(match === undefined ? {} : { match }) }]);
    expect((await domains()).status).toBe(hit ? 500 : 200);
  });

  it('matches the calls about one table', async () => {
    sandbox.setFaults([{ kind: 'status', match: { route: 'exports.new', table: 'cust_segments' } }]);
    expect((await client.startExport('customers')).status).toBe(201);
    expect((await client.startExport('segments')).status).toBe(500);
  });

  it('draws by chance, the same way for the same seed', async () => {
    const draw = async (seed: number) => {
      sandbox.setFaults([{ kind: 'status', probability: 0.5, seed }]);
      const statuses = [];
      for (let call = 0; call < 20; call += 1) statuses.push((await domains()).status);
      return statuses;
    };
    const first = await draw(7);
    expect(new Set(first)).toEqual(new Set([200, 500]));
    expect(await draw(7)).toEqual(first);
    expect(await draw(8)).not.toEqual(first);
  });

  it('that is misspelt is refused', () => {
    expect(() => sandbox.setFaults([JSON.parse('{"kind":"explode"}')])).toThrow();
    expect(() => sandbox.setFaults([{ kind: 'reset', match: { path: '(' } }])).toThrow();
    expect(() => sandbox.setFaults([{ kind: 'reset', match: { route: 'import.new' } }])).toThrow(/ROUTE_NAMES/);
  });
});

describe('faults in place of the work', () => {
  it('answer any status, with JSON, with text or without a body, and Retry-After', async () => {
    sandbox.setFaults([{ kind: 'status', status: 429, retryAfter: 7, message: 'slow down' }]);
    const limited = await domains();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect(limited.json).toEqual({ error: 'slow down', errors: ['slow down'] });
    sandbox.setFaults([{ kind: 'status', status: 502, body: 'text' }]);
    expect(await domains()).toMatchObject({ status: 502, text: 'Forced 502', json: {} });
    sandbox.setFaults([{ kind: 'status', status: 500, body: 'none' }]);
    expect(await domains()).toMatchObject({ status: 500, text: '' });
  });

  it('answer 204, something that is no JSON, or JSON of another shape', async () => {
    sandbox.setFaults([{ kind: 'noContent' }]);
    expect(await domains()).toMatchObject({ status: 204, text: '' });
    sandbox.setFaults([{ kind: 'notJson' }]);
    expect((await domains()).text).toMatch(/^<html>/);
    sandbox.setFaults([{ kind: 'wrongShape' }]);
    expect((await domains()).json).toEqual({ unexpected: ['shape'] });
  });

  it('answer 401, and with revokeTokens really want a new token', async () => {
    sandbox.setFaults([{ kind: 'unauthorized', times: 1 }]);
    expect((await domains()).status).toBe(401);
    expect((await domains()).status).toBe(200);
    sandbox.setFaults([{ kind: 'unauthorized', times: 1, revokeTokens: true }]);
    expect((await domains()).status).toBe(401);
    expect((await domains()).status).toBe(401);
    await client.signIn();
    expect((await domains()).status).toBe(200);
  });

  it('reset the connection before anything is done', async () => {
    const before = sandbox.importStatuses();
    sandbox.setFaults([{ kind: 'reset', match: { route: 'imports.new' } }]);
    expect(await brokenBy(newImport())).toBe('ECONNRESET');
    expect(sandbox.importStatuses()).toEqual(before);
    expect(last()).toMatchObject({ kind: 'reset', workStatus: null });
  });

  it('leave a call without any answer', async () => {
    sandbox.setFaults([{ kind: 'hang' }]);
    const signal = AbortSignal.timeout(100);
    expect(await brokenBy(fetch(sandbox.url + DOMAINS, { signal }))).toBeDefined();
    expect(last()).toMatchObject({ kind: 'hang' });
  });

  it('refuse an upload as an object store does', async () => {
    const upload = await client.createTable(await newImport(), 'segments', 'full');
    sandbox.setFaults([{ kind: 'status', status: 403, match: { route: 'upload.put' }, times: 1 }]);
    const refused = await put(upload.signed_s3_url, 'segment\n');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([403, 'application/xml']);
    expect((await put(upload.signed_s3_url, 'segment\n')).status).toBe(200);
  });

  it('reset the connection in the middle of an upload, which leaves no file', async () => {
    const upload = await client.createTable(await newImport(), 'segments', 'full');
    sandbox.setFaults([{ kind: 'resetMidBody', match: { route: 'upload.put' }, times: 1 }]);
    expect(await brokenBy(put(upload.signed_s3_url, 'x'.repeat(5_000_000)))).toBeDefined();
    expect((await client.post(`/api/import_tables/${upload.id}/upload_complete`)).status).toBe(422);
  });
});

describe('faults around the work', () => {
  it('lose the reply of work that is done', async () => {
    const before = sandbox.importStatuses()['created'] ?? 0;
    sandbox.setFaults([{ kind: 'lostReply', match: { route: 'imports.new' }, times: 1 }]);
    expect(await brokenBy(newImport())).toBeDefined();
    expect(sandbox.importStatuses()['created']).toBe(before + 1);
    expect(last()).toMatchObject({ kind: 'lostReply', workStatus: 201 });
  });

  it('lose the reply of an upload whose file is there', async () => {
    const upload = await client.createTable(await newImport(), 'segments', 'full');
    sandbox.setFaults([{ kind: 'lostReply', match: { route: 'upload.put' }, times: 1 }]);
    expect(await brokenBy(put(upload.signed_s3_url, 'segment\n'))).toBeDefined();
    expect((await client.post(`/api/import_tables/${upload.id}/upload_complete`)).status).toBe(200);
  });

  it('do the work late, even when nobody waits any more', async () => {
    const before = sandbox.importStatuses()['created'] ?? 0;
    const branch = await client.branch();
    sandbox.setFaults([{ kind: 'slow', delayMs: 150, match: { route: 'imports.new' } }]);
    expect((await client.post('/api/imports/new', { branch_id: branch })).status).toBe(201);
    const { url, clientId } = sandbox;
    expect(clientId).toBe('sandbox-client');
    const hasty = fetch(`${url}/api/imports/new`, { method: 'POST', signal: AbortSignal.timeout(30) });
    expect(await brokenBy(hasty)).toBeDefined();
    sandbox.clearFaults();
    // The hasty call had no token: what counts is that the patient one did its work once.
    expect(sandbox.importStatuses()['created']).toBe(before + 1);
  });

  it('send a reply drop by drop', async () => {
    const plain = (await domains()).text;
    sandbox.setFaults([{ kind: 'trickle', bytesPerSecond: 5_000, times: 1 }]);
    expect((await domains()).text).toBe(plain);
    expect(last()).toMatchObject({ kind: 'trickle', workStatus: 200 });
  });

  async function finishedExport(): Promise<Answer> {
    return client.exported((await client.startExport('segments')).json.id);
  }

  it('cut a download short with well-formed HTTP', async () => {
    const { download_url: url } = await finishedExport();
    const whole = await (await fetch(url)).text();
    sandbox.setFaults([{ kind: 'truncated', match: { route: 'download.get' }, times: 1 }]);
    const cut = await (await fetch(url)).text();
    expect(cut).toBe(whole.slice(0, Math.floor(whole.length / 2)));
    expect(await (await fetch(url)).text()).toBe(whole);
  });

  it('reset the connection in the middle of a download', async () => {
    const { download_url: url } = await finishedExport();
    sandbox.setFaults([{ kind: 'resetMidBody', match: { route: 'download.get' }, afterBytes: 100, times: 1 }]);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(await brokenBy(response.text())).toBeDefined();
  });

  it('reset the connection in the middle of a JSON reply, after the work', async () => {
    const before = sandbox.importStatuses()['created'] ?? 0;
    sandbox.setFaults([{ kind: 'resetMidBody', match: { route: 'imports.new' }, times: 1 }]);
    expect(await brokenBy(newImport())).toBeDefined();
    expect(sandbox.importStatuses()['created']).toBe(before + 1);
  });
});

describe('faults of the work itself', () => {
  it('hand out addresses that have expired', async () => {
    const id = await newImport();
    sandbox.setFaults([{ kind: 'expiredUrl', times: 1, match: { route: ['import_tables.new', 'exports.get'] } }]);
    const upload = await client.createTable(id, 'segments', 'full');
    expect((await put(upload.signed_s3_url, 'segment\n')).status).toBe(403);
    expect((await put((await client.createTable(id, 'segments', 'full')).signed_s3_url, 'segment\n')).status).toBe(200);
  });

  it('fail an import, of which nothing is applied', async () => {
    const before = await sandbox.state('cust_segments');
    sandbox.setFaults([{ kind: 'importFailed', message: 'disk full', match: { route: 'imports.complete' } }]);
    const result = await client.import({ segments: { csv: 'segment\nnew\n' } });
    expect(result.import).toMatchObject({ status: 'failed', message: 'disk full' });
    expect(await sandbox.state('cust_segments')).toEqual(before);
  });

  it('let an import never end', async () => {
    const id = await newImport();
    sandbox.setFaults([{ kind: 'importNeverEnds', match: { route: 'imports.complete' } }]);
    await client.post(`/api/imports/${id}/complete`);
    await sandbox.idle();
    expect((await client.get(`/api/v1/imports/${id}`)).json.import.status).toBe('processing');
  });

  it('fail an export with a message', async () => {
    sandbox.setFaults([{ kind: 'exportFailed', message: 'no space', match: { route: 'exports.new' } }]);
    const { json } = await client.startExport('segments');
    expect(await client.exported(json.id)).toMatchObject({ status: 'failed', message: 'no space', download_url: null });
  });

  it('let an export never end', async () => {
    sandbox.setFaults([{ kind: 'exportNeverEnds', match: { route: 'exports.new' } }]);
    const { json } = await client.startExport('segments');
    await sandbox.idle();
    expect((await client.get(`/api/exports/${json.id}`)).json.status).toBe('started');
  });
});

describe('a stopped sandbox', () => {
  it('refuses connections, and holds what it held when it is back', async () => {
    await sandbox.stopListening();
    expect(await brokenBy(domains())).toMatch(/ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET/);
    await sandbox.resumeListening();
    expect((await domains()).status).toBe(200);
    expect((await sandbox.rows('cust_segments')).length).toBe(500);
  });
});

describe('the logs of the sandbox', () => {
  it('name routes as fault rules do', () => {
    const seen = new Set(sandbox.requestLog.map(({ route }) => route));
    expect(seen.size).toBeGreaterThan(5);
    for (const route of seen) expect(ROUTE_NAMES).toContain(route);
  });

  it('hold every call with its route and status, and no secret', async () => {
    await client.startExport('segments');
    expect(sandbox.requestLog.at(-1)).toMatchObject({ route: 'exports.new', method: 'POST', status: 201, fault: null });
    const text = JSON.stringify([sandbox.requestLog, sandbox.faultLog]);
    expect(text).not.toMatch(/signature|Bearer/);
    expect(text).not.toContain(sandbox.clientSecret);
  });
});
