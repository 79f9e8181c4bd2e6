import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter } from '@temporalio/common';
import { startCodecServer, type CodecLogEntry, type CodecServer } from '../workers/codec-server/index.js';
import { payloadsFrom, payloadsSchema, payloadsTo } from '../workers/codec-server/wire.js';
import { EncryptionCodec, KeyRing } from '../workers/encryption/index.js';
import { noteSecrets } from './support/known-secrets.js';

const ORIGIN = 'http://temporal.example:8233';
const TOKEN = randomBytes(24).toString('hex');
const codec = new EncryptionCodec(new KeyRing({ keys: { k1: randomBytes(32).toString('base64') }, current: 'k1' }));
const log: CodecLogEntry[] = [];
let server: CodecServer;
let body: string;

beforeAll(async () => {
  noteSecrets([TOKEN]);
  server = await startCodecServer({
    codec,
    tokens: { ann: TOKEN },
    origins: [`${ORIGIN}/`],
    log: (entry) => log.push(entry),
  });
  const encoded = await codec.encode([defaultPayloadConverter.toPayload({ row: 'of Ann' })]);
  body = JSON.stringify(payloadsTo(encoded));
});
afterAll(() => server.close());

const post = (path: string, headers: Record<string, string>, text = body) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: text,
  });
const bearer = { authorization: `Bearer ${TOKEN}` };

async function valuesIn(reply: Response): Promise<unknown[]> {
  return payloadsFrom(payloadsSchema.parse(await reply.json())).map((one) => defaultPayloadConverter.fromPayload(one));
}

describe('the codec server', () => {
  it('decodes for who has a token, and says afterwards who it was', async () => {
    const reply = await post('/decode', { ...bearer, 'x-namespace': 'prod' });
    expect(reply.status).toBe(200);
    expect(await valuesIn(reply)).toEqual([{ row: 'of Ann' }]);
    expect(log.at(-1)).toEqual({ event: 'decode', name: 'ann', namespace: 'prod', payloads: 1 });
  });

  it('encodes, so that the Web UI can send encrypted signals and inputs', async () => {
    const plain = JSON.stringify(payloadsTo([defaultPayloadConverter.toPayload('sent')]));
    const encoded = await post('/encode', bearer, plain);
    const text = await encoded.text();
    expect(Buffer.from(text).toString()).not.toContain(Buffer.from('"sent"').toString('base64'));
    expect(await valuesIn(await post('/decode', bearer, text))).toEqual(['sent']);
  });

  it.each([
    ['no token', {}],
    ['a wrong token', { authorization: 'Bearer wrong-wrong-wrong-wrong' }],
    ['a session that nobody opened', { cookie: 'tidemark_codec=abc' }],
    ["a token from another site's page", { ...bearer, origin: 'http://evil.example' }],
  ])('refuses %s', async (_, headers) => {
    const reply = await post('/decode', headers);
    expect(reply.status).toBe(401);
    expect(reply.headers.get('access-control-allow-origin')).toBeNull();
  });

  it("lets a browser in by a session, which only the Web UI's pages can use", async () => {
    const login = async (token: string) =>
      fetch(`${server.url}/login`, { method: 'POST', body: new URLSearchParams({ token }) });
    expect((await login('wrong')).status).toBe(401);
    const cookie = (await login(TOKEN)).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/; HttpOnly; Path=\/; SameSite=Lax$/u);
    expect(cookie).not.toContain(TOKEN);
    const session = { cookie: cookie.split(';')[0] ?? '' };
    const reply = await post('/decode', { ...session, origin: ORIGIN });
    expect(await valuesIn(reply)).toEqual([{ row: 'of Ann' }]);
    expect((await post('/decode', { ...session, origin: 'http://evil.example' })).status).toBe(401);
  });

  it("answers a browser's question beforehand for the Web UI's origin alone", async () => {
    const ask = (origin: string) => fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin } });
    const { headers } = await ask(ORIGIN);
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-headers')).toContain('x-namespace');
    expect((await ask('http://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('refuses what is no list of payloads, or cannot be decrypted, without quoting it', async () => {
    for (const text of ['no json', '{"payloads":[{"data":"***"}]}', '{"payloads":7}']) {
      const reply = await post('/decode', bearer, text);
      expect(reply.status).toBe(400);
      expect(await reply.text()).not.toContain('***');
    }
    const altered = JSON.stringify({
      payloads: [{ metadata: { encoding: 'YmluYXJ5L2VuY3J5cHRlZA==', 'encryption-key-id': 'azE=' }, data: 'AAAA' }],
    });
    expect((await post('/decode', bearer, altered)).status).toBe(400);
  });

  it.each(['//', '/\\\\'])('answers a request for %s, which is no path, and stays up', async (path) => {
    const { port } = new URL(server.url);
    const status = await new Promise((resolve, reject) => {
      get({ port, path }, (reply) => resolve(reply.resume().statusCode)).on('error', reject);
    });
    expect(status).toBe(404);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('says that it is up to anybody', async () => {
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' });
  });
});
