import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { fileOf, prepare, prepareUploads } from './support/prepared-uploads.js';
import { quickClient } from './support/titan-client.js';

/** More than the sockets of both ends hold. */
const ROWS = 300_000;
const CONTENT = `id,name,note\n${Array.from({ length: ROWS }, (_, row) => `${row},name of ${row * 7},${row % 13}-é\n`).join('')}`;

const pem = (name: string): Buffer => readFileSync(path.resolve('test/fixtures/tls', name));
const KINDS = {
  http: (answer: http.RequestListener) => http.createServer(answer),
  https: (answer: http.RequestListener) =>
    https.createServer({ key: pem('server-key.pem'), cert: pem('server.pem') }, answer),
};

let server: http.Server;
let received: { bytes: number; digest: string }[];

/** Reads in fits and starts, so that what was written waits in every buffer on the way. */
async function receiveSlowly(request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  let sinceRest = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    sinceRest += chunk.length;
    if (sinceRest < 1_000_000) continue;
    sinceRest = 0;
    await sleep(5);
  }
  received.push({ bytes, digest: hash.digest('hex') });
  reply.writeHead(200).end();
}

/** Makes the authority of the fixtures known to every connection over TLS, as NODE_EXTRA_CA_CERTS does for a process. */
function trustFixtures(): void {
  const agent = https.Agent.prototype as unknown as { createConnection: (options: object, done: unknown) => unknown };
  const connect = agent.createConnection;
  jest.spyOn(agent, 'createConnection').mockImplementation(function (this: https.Agent, options, done) {
    return connect.call(this, { ...options, ca: pem('ca.pem') }, done);
  });
}

prepareUploads();
beforeEach(() => {
  received = [];
});
afterEach(async () => {
  jest.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe.each(['http', 'https'] as const)('a prepared table, sent by %s out of memory that is used again', (kind) => {
  beforeEach(async () => {
    server = KINDS[kind]((request, reply) => void receiveSlowly(request, reply)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    trustFixtures();
  });

  it.each([
    ['whole', 100_000_000, false],
    ['in parts', 2_000_000, true],
  ])('arrives byte for byte, %s, to a server that reads slowly', async (_, maxFileBytes, isCut) => {
    const upload = await prepare(await fileOf(CONTENT), { pattern: 'incremental_upsert_only', maxFileBytes });
    const url = `${kind}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = quickClient(url);
    try {
      for (const part of upload.parts) {
        const alone = createHash('sha256');
        for await (const chunk of part.open()) alone.update(chunk as Buffer);
        await client.uploadFile(`${url}/bucket/file.csv?X-Amz-Signature=abc123`, part);
        expect(received.at(-1)).toEqual({ bytes: part.bytes, digest: alone.digest('hex') });
      }
    } finally {
      client.close();
    }
    expect(received).toHaveLength(upload.parts.length);
    expect(upload.parts.length > 1).toBe(isCut);
    expect(upload.parts.every((part) => part.lend !== undefined)).toBe(true);
    if (!isCut)
      expect(received).toEqual([
        { bytes: Buffer.byteLength(CONTENT), digest: createHash('sha256').update(CONTENT).digest('hex') },
      ]);
  });
});
