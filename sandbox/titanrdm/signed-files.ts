import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Call, Reply } from '../http/http.js';

/** Signs and checks addresses of files on this server: they need no bearer and they expire, as those of an object store. */
export class SignedUrls {
  private readonly key = randomBytes(32);

  /** `host` is what the client called the server by, so that addresses work from where the client stands. */
  sign(method: 'GET' | 'PUT', host: string, path: string, ttlSeconds: number): string {
    const expires = String(Date.now() + Math.round(ttlSeconds * 1000));
    return `http://${host}${path}?expires=${expires}&signature=${this.signature(method, path, expires)}`;
  }

  /** Undefined when the address is good, otherwise why not. */
  refusal(method: string, url: URL): string | undefined {
    const expires = url.searchParams.get('expires') ?? '';
    const given = Buffer.from(url.searchParams.get('signature') ?? '');
    const expected = Buffer.from(this.signature(method, url.pathname, expires));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'SignatureDoesNotMatch';
    return Number(expires) <= Date.now() ? 'Request has expired' : undefined;
  }

  private signature(method: string, path: string, expires: string): string {
    return createHmac('sha256', this.key).update(`${method}\n${path}\n${expires}`).digest('base64url');
  }
}

/** Errors of the file addresses look as an object store's do: XML, not the API's JSON. */
export function storeError(status: number, code: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${status === 403 ? 'AccessDenied' : code}</Code><Message>${code}</Message></Error>`;
  return { kind: 'text', status, body, contentType: 'application/xml' };
}

/**
 * Streams the body to `path`: a file appears there only when all of its bytes have arrived, and a later upload replaces it whole.
 * Returns the refusal, or undefined when the file is there.
 */
export async function receiveFile(call: Call, path: string, maxBytes: number): Promise<Reply | undefined> {
  const { headers } = call.request;
  // A signature covers the content type: any other spelling than the signed one is refused.
  if (headers['content-type'] !== 'text/csv') return storeError(403, 'SignatureDoesNotMatch');
  if (headers['content-length'] === undefined) return storeError(411, 'MissingContentLength');
  const expected = Number(headers['content-length']);
  if (maxBytes > 0 && expected > maxBytes) return storeError(400, 'EntityTooLarge');
  const partial = `${path}.${randomBytes(6).toString('hex')}.part`;
  try {
    if ((await writeBody(call, partial)) !== expected) return storeError(400, 'IncompleteBody');
    await rename(partial, path);
    return undefined;
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Written where the bytes arrive, without a way through the thread pool: a write into the system's cache takes less time than
 * handing it to another thread, and benchmarks measure the client, not this.
 */
async function writeBody(call: Call, path: string): Promise<number> {
  const file = openSync(path, 'w');
  let bytes = 0;
  try {
    for await (const chunk of call.request) {
      // An IncomingMessage without encoding yields buffers; its type says any.
      const buffer = chunk as Buffer;
      for (let at = 0; at < buffer.length;) at += writeSync(file, buffer, at);
      bytes += buffer.length;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
