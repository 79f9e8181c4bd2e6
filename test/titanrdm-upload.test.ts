import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type { TitanRdmClient } from '../connectors/titanrdm/index.js';
import { type ScriptedServer, startScriptedServer } from './support/scripted-server.js';
import { CLIENT_SECRET, everything, failure, quickClient } from './support/titan-client.js';

let server: ScriptedServer;
let client: TitanRdmClient;
const CSV = Buffer.from('id,name\n00501,"a"\n');
const PUT = 'PUT /bucket/file.csv';

const signed = (): string => `${server.url}/bucket/file.csv?X-Amz-Signature=abc123`;
/** A file whose openings and closings are counted. */
function fileOf(content: Buffer, announced = content.length) {
  const opened: Readable[] = [];
  return {
    opened,
    bytes: announced,
    open: () => {
      const stream = Readable.from(content.length === 0 ? [] : [content], { objectMode: false });
      opened.push(stream);
      return stream;
    },
  };
}

beforeEach(async () => {
  server = await startScriptedServer();
  client = quickClient(server.url);
});

afterEach(async () => {
  client.close();
  await server.close();
});

describe('uploading a file', () => {
  it('sends its bytes with their length as text/csv and without a bearer token', async () => {
    server.on(PUT, { status: 200 });
    await client.uploadFile(signed(), fileOf(CSV));
    const [put] = server.requests;
    expect(put).toMatchObject({ body: CSV.toString(), query: { 'X-Amz-Signature': 'abc123' } });
    expect(put?.headers).toMatchObject({ 'content-type': 'text/csv', 'content-length': String(CSV.length) });
    expect(put?.headers).not.toHaveProperty('authorization');
    expect(put?.headers).not.toHaveProperty('transfer-encoding');
  });

  it('sends an empty file', async () => {
    server.on(PUT, { status: 204 });
    await client.uploadFile(signed(), fileOf(Buffer.alloc(0)));
    expect(server.requests[0]?.headers['content-length']).toBe('0');
  });

  it('weakness 30: tells a callback how many bytes went out, and prints nothing', async () => {
    server.on(PUT, { status: 200 });
    const big = Buffer.alloc(1_000_000, 'x');
    const seen: number[] = [];
    await client.uploadFile(
      signed(),
      { bytes: big.length, open: () => Readable.from([big.subarray(0, 400_000), big.subarray(400_000)]) },
      { onProgress: (bytes) => seen.push(bytes) },
    );
    expect(seen).toEqual([400_000, 1_000_000]);
    expect(server.requests[0]?.bytes).toBe(1_000_000);
  });

  it.each([
    { status: 500 },
    { status: 503, body: '<Error><Code>SlowDown</Code></Error>' },
    { status: 429 },
    { reset: true } as const,
  ])('weakness 6: reads the file again from its start after %j', async (step) => {
    server.on(PUT, step, step, { status: 200 });
    const file = fileOf(CSV);
    await client.uploadFile(signed(), file);
    expect(file.opened).toHaveLength(3);
    expect(file.opened.every(({ destroyed }) => destroyed)).toBe(true);
    expect(server.requests.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => CSV.toString()));
  });

  it.each([
    [403, '<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'],
    [400, '<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>'],
    [401, ''],
    [410, ''],
  ])('an address that is not accepted (%d) is TITAN_UPLOAD_URL_EXPIRED and not tried again', async (status, body) => {
    server.on(PUT, { status, body });
    const error = await failure(client.uploadFile(signed(), fileOf(CSV)));
    expect(error).toMatchObject({ code: 'TITAN_UPLOAD_URL_EXPIRED', retryable: false, httpStatus: status });
    expect(server.requests).toHaveLength(1);
  });

  it.each([404, 411, 413, 415, 400])('any other refusal (%d) is TITAN_UPLOAD_REFUSED', async (status) => {
    server.on(PUT, {
      status,
      body: '<Error><Code>No</Code><Message>not so</Message><StringToSign>AKIA</StringToSign></Error>',
    });
    const error = await failure(client.uploadFile(signed(), fileOf(CSV)));
    expect(error).toMatchObject({ code: 'TITAN_UPLOAD_REFUSED', retryable: false, httpStatus: status });
    expect(error.message).toContain('No: not so');
    expect(error.message).not.toContain('AKIA');
  });

  it('a refusal that comes before the file was read is heard, although the connection breaks after it', async () => {
    server.on(PUT, { status: 403, body: '<Error><Code>AccessDenied</Code></Error>', early: true });
    const big = Buffer.alloc(20_000_000, 'x');
    const error = await failure(client.uploadFile(signed(), fileOf(big)));
    // The system may throw the reply away together with the broken connection; then it is a lost connection, tried again.
    expect(['TITAN_UPLOAD_URL_EXPIRED', 'TITAN_UNREACHABLE']).toContain(error.code);
  });

  it('weakness 19: neither the address nor its signature nor a token is told', async () => {
    server.on(PUT, { reset: true });
    const error = await failure(client.uploadFile(signed(), fileOf(CSV)));
    expect(error).toMatchObject({ code: 'TITAN_UNREACHABLE', retryable: true });
    for (const secret of ['abc123', 'X-Amz', '/bucket', CLIENT_SECRET]) expect(everything(error)).not.toContain(secret);
  });

  it('weakness 10: a server that stops reading is TITAN_TIMEOUT after the idle time', async () => {
    server.on(PUT, { silent: true });
    const hasty = quickClient(server.url, { timeouts: { transferIdleMs: 100 }, retry: { limit: 0 } });
    expect(await failure(hasty.uploadFile(signed(), fileOf(CSV)))).toMatchObject({
      code: 'TITAN_TIMEOUT',
      retryable: true,
    });
    hasty.close();
  });

  it('weakness 10: an abort ends it at once, with the reason, and closes the file', async () => {
    server.on(PUT, { silent: true });
    const stop = new AbortController();
    const reason = new Error('cancelled');
    const file = fileOf(CSV);
    const call = client.uploadFile(signed(), file, { signal: stop.signal });
    setTimeout(() => stop.abort(reason), 50);
    await expect(call).rejects.toBe(reason);
    expect(file.opened.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it.each([
    ['shrank', CSV.length + 5],
    ['grew', CSV.length - 5],
  ])(
    'a file that %s since it was measured is TITAN_UPLOAD_SOURCE, not a hanging connection',
    async (_what, announced) => {
      server.on(PUT, { status: 200 });
      const error = await failure(client.uploadFile(signed(), fileOf(CSV, announced)));
      expect(error).toMatchObject({ code: 'TITAN_UPLOAD_SOURCE', retryable: false });
    },
  );

  it('a file that cannot be read is TITAN_UPLOAD_SOURCE', async () => {
    server.on(PUT, { status: 200 });
    const broken = (): Readable =>
      new Readable({
        read() {
          this.destroy(Object.assign(new Error('no such file'), { code: 'ENOENT' }));
        },
      });
    const error = await failure(client.uploadFile(signed(), { bytes: 5, open: broken }));
    expect(error.code).toBe('TITAN_UPLOAD_SOURCE');
    expect(error.message).toContain('ENOENT');
  });

  it('a file above the limit is refused before anything is opened or sent', async () => {
    const small = quickClient(server.url, { maxFileBytes: 10 });
    const file = fileOf(CSV);
    const error = await failure(small.uploadFile(signed(), file));
    expect(error).toMatchObject({ code: 'TITAN_FILE_TOO_LARGE', retryable: false });
    expect([server.requests.length, file.opened.length]).toEqual([0, 0]);
  });

  it('a redirect (307) is followed with the whole file', async () => {
    server.on(PUT, { status: 307, headers: { location: '/elsewhere/file.csv' } });
    server.on('PUT /elsewhere/file.csv', { status: 200 });
    await client.uploadFile(signed(), fileOf(CSV));
    expect(server.to('PUT /elsewhere/file.csv')[0]?.body).toBe(CSV.toString());
  });

  it.each(['ftp://host/x?sig=abc123', 'not an address abc123'])(
    'an address like %s is refused without being told',
    async (url) => {
      const error = await failure(client.uploadFile(url, fileOf(CSV)));
      expect(error.code).toBe('TITAN_UNEXPECTED_REPLY');
      expect(error.message).not.toContain('abc123');
    },
  );
});
