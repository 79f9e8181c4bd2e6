import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import type { TitanRdmClient } from '../connectors/titanrdm/index.js';
import { type Play, type ScriptedServer, startScriptedServer } from './support/scripted-server.js';
import { CLIENT_SECRET, everything, failure, quickClient } from './support/titan-client.js';

let server: ScriptedServer;
let client: TitanRdmClient;
const CSV = 'id,name\n00501,"a"\n00502,NA\n';
const FILE = 'GET /files/1';
const EXPORT = 'GET /api/exports/9';

/** The reply of a finished export; `urls` are paths on the server. */
function ready(fields: Record<string, unknown> = {}, ...paths: string[]): Play {
  const urls = (paths.length === 0 ? ['/files/1'] : paths).map((path) => `${server.url}${path}?sig=abc123`);
  return { json: { id: 9, status: 'completed', download_url: urls.length === 1 ? urls[0] : urls, ...fields } };
}

const download = async (): Promise<string> => await text(await client.downloadExport(9));

beforeEach(async () => {
  server = await startScriptedServer();
  client = quickClient(server.url);
});

afterEach(async () => {
  client.close();
  await server.close();
});

describe('downloading an export', () => {
  it.each(['completed', 'ready'])('gives the bytes as they are when its status is %s', async (status) => {
    server.on(EXPORT, ready({ status, rows_exported: 2, bytes_exported: CSV.length, files_exported: 1 }));
    server.on(FILE, { body: CSV });
    expect(await download()).toBe(CSV);
    const [file] = server.to(FILE);
    expect(file?.query).toEqual({ sig: 'abc123' });
    expect(file?.headers).not.toHaveProperty('authorization');
  });

  it('gives bytes, not decoded text', async () => {
    server.on(EXPORT, ready());
    server.on(FILE, { body: Buffer.from([0x61, 0xff, 0xfe, 0x0a]) });
    expect(await buffer(await client.downloadExport(9))).toEqual(Buffer.from([0x61, 0xff, 0xfe, 0x0a]));
  });

  it('tells a callback how many bytes came', async () => {
    server.on(EXPORT, ready());
    server.on(FILE, { body: CSV });
    let last = 0;
    await text(await client.downloadExport(9, { onProgress: (bytes) => (last = bytes) }));
    expect(last).toBe(CSV.length);
  });

  it('an address relative to the tenant is understood', async () => {
    server.on(EXPORT, ready({ download_url: '/files/1?sig=1' }));
    server.on(FILE, { body: CSV });
    expect(await download()).toBe(CSV);
  });

  it('weakness 25: a file without a byte is an empty stream', async () => {
    server.on(EXPORT, ready({ rows_exported: 0, bytes_exported: 0 }));
    server.on(FILE, { body: '' });
    expect(await download()).toBe('');
  });

  it('weakness 25: an export without rows needs no address', async () => {
    server.on(EXPORT, ready({ rows_exported: 0, download_url: null }));
    expect(await download()).toBe('');
  });
});

describe('weakness 23: compressed exports and exports of several files', () => {
  it.each([
    ['compressed says so', { compressed: true }, {}],
    ['only content-encoding says so', {}, { 'content-encoding': 'gzip' }],
    ['only its first bytes say so', {}, {}],
  ])('gzip is unpacked when %s', async (_when, fields, headers) => {
    server.on(EXPORT, ready(fields));
    server.on(FILE, { body: gzipSync(CSV), headers });
    expect(await download()).toBe(CSV);
  });

  it('a file that is not compressed although it should be is taken as it is', async () => {
    server.on(EXPORT, ready({ compressed: true }));
    server.on(FILE, { body: CSV });
    expect(await download()).toBe(CSV);
  });

  it('a file that was compressed twice is unpacked twice', async () => {
    server.on(EXPORT, ready({ compressed: true }));
    server.on(FILE, { body: gzipSync(gzipSync(CSV)), headers: { 'content-encoding': 'gzip' } });
    expect(await download()).toBe(CSV);
  });

  it.each([
    ['compressed', gzipSync(CSV).length],
    ['unpacked', CSV.length],
  ])('bytes_exported may count the %s bytes', async (_which, bytes) => {
    server.on(EXPORT, ready({ compressed: true, bytes_exported: bytes }));
    server.on(FILE, { body: gzipSync(CSV) });
    expect(await download()).toBe(CSV);
  });

  it('several files become one with one header', async () => {
    server.on(EXPORT, ready({ files_exported: 4 }, '/files/1', '/files/2', '/files/3', '/files/4'));
    server.on(FILE, { body: 'id,"na\nme"\n1,a\n2,b' });
    server.on('GET /files/2', { body: gzipSync('id,"na\nme"\r\n3,c\n') });
    server.on('GET /files/3', { body: '' });
    server.on('GET /files/4', { body: '\ufeffid,"na\nme"\n4,d\n' });
    expect(await download()).toBe('id,"na\nme"\n1,a\n2,b\n3,c\n4,d\n');
  });

  it('files that hold only a header add nothing', async () => {
    server.on(EXPORT, ready({}, '/files/1', '/files/2', '/files/3'));
    server.on(FILE, { body: 'id,name' });
    server.on('GET /files/2', { body: 'id,name\n' });
    server.on('GET /files/3', { body: 'id,name\n1,x\n' });
    expect(await download()).toBe('id,name\n1,x\n');
  });

  it('files with different headers are an error, not a mixture', async () => {
    server.on(EXPORT, ready({}, '/files/1', '/files/2'));
    server.on(FILE, { body: 'id,name\n1,a\n' });
    server.on('GET /files/2', { body: 'name,id\na,1\n' });
    expect((await failure(download())).code).toBe('TITAN_UNEXPECTED_REPLY');
  });

  it('fewer addresses than files are an error when the bytes do not prove the contrary', async () => {
    server.on(EXPORT, ready({ files_exported: 2 }));
    server.on(FILE, { body: CSV });
    expect((await failure(download())).code).toBe('TITAN_DOWNLOAD_INCOMPLETE');
    server.on(EXPORT, ready({ files_exported: 2, bytes_exported: CSV.length }));
    expect(await download()).toBe(CSV);
  });

  it('a ZIP archive is refused with that reason', async () => {
    server.on(EXPORT, ready());
    server.on(FILE, { body: Buffer.from('PK\u0003\u0004 and more') });
    const error = await failure(download());
    expect([error.code, error.message]).toEqual(['TITAN_UNEXPECTED_REPLY', expect.stringContaining('ZIP')]);
  });

  it('a byte order mark is left out', async () => {
    server.on(EXPORT, ready());
    server.on(FILE, { body: `\ufeff${CSV}` });
    expect(await download()).toBe(CSV);
  });
});

describe('weakness 24: a download is checked', () => {
  const packed = gzipSync(CSV.repeat(1_000));
  it.each([
    ['cut off on its way', {}, { body: CSV, cutAfter: 10 }],
    ['cut off on its way without a length', {}, { body: CSV, cutAfter: 10, chunked: true } as const],
    ['shorter than bytes_exported', { bytes_exported: CSV.length + 1 }, { body: CSV, chunked: true } as const],
    ['empty although there are rows', { rows_exported: 2 }, { body: '' }],
    ['a gzip file that was cut off', { compressed: true }, { body: packed.subarray(0, packed.length - 20) }],
    [
      'a damaged gzip file',
      { compressed: true },
      { body: Buffer.concat([packed.subarray(0, 20), Buffer.alloc(50, 7)]) },
    ],
  ])('what is %s is TITAN_DOWNLOAD_INCOMPLETE, to be tried again', async (_what, fields, step) => {
    server.on(EXPORT, ready(fields));
    server.on(FILE, step);
    expect(await failure(download())).toMatchObject({ code: 'TITAN_DOWNLOAD_INCOMPLETE', retryable: true });
  });

  it.each([403, 401, 404, 410, 400])(
    'an address that expired (%d) is renewed by reading the export again',
    async (status) => {
      server.on(EXPORT, ready(), ready({}, '/files/2'));
      server.on(FILE, {
        status,
        body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
      });
      server.on('GET /files/2', { body: CSV });
      expect(await download()).toBe(CSV);
    },
  );

  it('an address that expires between two files is renewed too', async () => {
    server.on(EXPORT, ready({}, '/files/1', '/files/2'), ready({}, '/files/3', '/files/4'));
    server.on(FILE, { body: 'id\n1\n' });
    server.on('GET /files/2', { status: 403 });
    server.on('GET /files/4', { body: 'id\n2\n' });
    expect(await download()).toBe('id\n1\n2\n');
  });

  it('a download that is refused with a renewed address too is TITAN_DOWNLOAD_REFUSED', async () => {
    server.on(EXPORT, ready());
    server.on(FILE, { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' });
    expect(await failure(download())).toMatchObject({
      code: 'TITAN_DOWNLOAD_REFUSED',
      retryable: false,
      httpStatus: 403,
    });
    expect(server.to(FILE)).toHaveLength(2);
  });

  it.each([{ status: 500 }, { status: 429 }, { reset: true } as const])(
    'weakness 6: the request is repeated after %j, as long as nothing was handed out',
    async (step) => {
      server.on(EXPORT, ready());
      server.on(FILE, step, step, { body: CSV });
      expect(await download()).toBe(CSV);
    },
  );

  it.each([
    ['started', 'TITAN_EXPORT_NOT_READY', true],
    ['something new', 'TITAN_EXPORT_NOT_READY', true],
    ['failed', 'TITAN_EXPORT_FAILED', false],
  ])('an export with the status %s is %s', async (status, code, retryable) => {
    server.on(EXPORT, { json: { id: 9, status, message: 'disk full' } });
    const error = await failure(download());
    expect(error).toMatchObject({ code, retryable });
    if (status === 'failed') expect(error.message).toContain('disk full');
  });

  it('a finished export with rows and without an address is TITAN_UNEXPECTED_REPLY', async () => {
    server.on(EXPORT, ready({ download_url: null, rows_exported: 5 }));
    expect((await failure(download())).code).toBe('TITAN_UNEXPECTED_REPLY');
  });
});

describe('stopping a download', () => {
  it('weakness 10: a server that sends nothing more is TITAN_TIMEOUT after the idle time', async () => {
    client = quickClient(server.url, { timeouts: { transferIdleMs: 100 } });
    server.on(EXPORT, ready());
    server.on(FILE, { body: CSV, stallAfter: 10 });
    expect(await failure(download())).toMatchObject({ code: 'TITAN_TIMEOUT', retryable: true });
  });

  it('weakness 10: a reader that takes its time is no standstill', async () => {
    client = quickClient(server.url, { timeouts: { transferIdleMs: 100 } });
    server.on(EXPORT, ready());
    const big = Buffer.alloc(3_000_000, 'x,y\n');
    server.on(FILE, { body: big });
    const stream = await client.downloadExport(9);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await buffer(stream)).length).toBe(big.length);
  });

  it.each(['before its first byte', 'while it stands still'])(
    'weakness 10: an abort %s ends the stream with its reason',
    async (when) => {
      const stop = new AbortController();
      const reason = new Error('cancelled');
      server.on(EXPORT, ready());
      server.on(FILE, when === 'before its first byte' ? { silent: true } : { body: CSV, stallAfter: 10 });
      setTimeout(() => stop.abort(reason), 50);
      const read = client.downloadExport(9, { signal: stop.signal }).then((stream: Readable) => text(stream));
      await expect(read).rejects.toBe(reason);
    },
  );

  it.each(['before it is read', 'while its reader waits'])(
    'a stream that is destroyed %s closes its connection',
    async (when) => {
      server.on(EXPORT, ready());
      server.on(FILE, { body: CSV, stallAfter: 10 });
      const stream = await client.downloadExport(9);
      if (when === 'while its reader waits') {
        stream.resume();
        await new Promise((resolve) => stream.once('data', resolve));
      }
      stream.destroy();
      await expect(server.idle()).resolves.toBeUndefined();
    },
  );

  it('weakness 19: neither the address nor its signature is told', async () => {
    server.on(EXPORT, ready());
    server.on(FILE, { body: CSV, cutAfter: 10 });
    const seen = everything(await failure(download()));
    for (const secret of ['abc123', '/files/1', CLIENT_SECRET, 'token-1', '00501']) expect(seen).not.toContain(secret);
  });
});
