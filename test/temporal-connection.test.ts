import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import { connectTemporal, temporalTarget } from '../workers/client/index.js';
import { noteSecrets } from './support/known-secrets.js';

// Certificates of nobody, made for this test: a CA, a server of it for 127.0.0.1, a client of it.
const TLS = path.resolve('test/fixtures/tls');
const API_KEY = 'api-key-of-the-connection-test';

/** What a connection showed of itself. */
interface Seen {
  client: string | undefined;
  authorization: string | undefined;
  namespace: string | undefined;
}

describe('what a Temporal profile says of TLS, certificates and API key', () => {
  let server: Http2SecureServer;
  let folder: string;
  let address: string;
  const seen: Seen[] = [];
  const sessions = new Set<ServerHttp2Session>();

  beforeAll(async () => {
    noteSecrets([API_KEY]);
    folder = await mkdtemp(path.join(tmpdir(), 'tidemark-profile-'));
    const pem = (name: string) => readFileSync(path.join(TLS, name));
    server = createSecureServer({
      key: pem('server-key.pem'),
      cert: pem('server.pem'),
      ca: pem('ca.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    });
    server.on('session', (session) => sessions.add(session));
    server.on('stream', (stream, headers) => {
      // Streams of a secure server go over TLS; who shows no certificate has no subject, whatever the type says.
      const shown: { subject?: { CN?: unknown } } = (stream.session?.socket as TLSSocket).getPeerCertificate();
      const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
      seen.push({
        client: text(shown.subject?.CN),
        authorization: text(headers.authorization),
        namespace: text(headers['temporal-namespace']),
      });
      // An empty reply to whatever was asked: it is what the caller shows that counts.
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
  });
  afterAll(async () => {
    for (const session of sessions) session.destroy();
    server.close();
    await rm(folder, { recursive: true });
  });

  async function profile(name: string, lines: string): Promise<Awaited<ReturnType<typeof temporalTarget>>> {
    const file = path.join(folder, 'temporal.toml');
    await writeFile(file, `[profile.${name}]\naddress = "${address}"\nnamespace = "prod.acct"\n${lines}`);
    return temporalTarget(
      { taskQueue: 'tidemark', profile: name },
      { folder, environment: { TEMPORAL_CONFIG_FILE: file } },
    );
  }
  const ca = `server_ca_cert_path = "${path.join(TLS, 'ca.pem')}"`;
  const own = `client_cert_path = "${path.join(TLS, 'client.pem')}"\nclient_key_path = "${path.join(TLS, 'client-key.pem')}"`;

  it.each([
    [
      'a certificate of its own (mTLS)',
      `[profile.x.tls]\n${ca}\n${own}\n`,
      { client: 'client', authorization: undefined },
    ],
    [
      'an API key',
      `api_key = "${API_KEY}"\n[profile.x.tls]\n${ca}\n`,
      { client: undefined, authorization: `Bearer ${API_KEY}` },
    ],
  ])('with %s reaches the server from clients and from workers alike', async (_, lines, expected) => {
    const target = await profile('x', lines);
    expect(target).toMatchObject({ namespace: 'prod.acct', from: expect.stringContaining('profile') });
    for (const connect of [
      async () => (await connectTemporal(target)).close(),
      async () => {
        const connection = await NativeConnection.connect(target.connectionOptions);
        await connection.workflowService.getSystemInfo({});
        await connection.close();
      },
    ]) {
      seen.length = 0;
      await connect();
      expect(seen.length).toBeGreaterThan(0);
      for (const one of seen) expect(one).toMatchObject(expected);
    }
  });

  it('is not in the error when the server is not who it should be', async () => {
    const target = await profile('x', `api_key = "${API_KEY}"\n`);
    const impatient = { connectTimeout: '1 s' };
    const error: unknown = await connectTemporal({
      ...target,
      connectionOptions: { ...target.connectionOptions, ...impatient },
    }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
    expect(String(error)).not.toContain(API_KEY);
  });
});
