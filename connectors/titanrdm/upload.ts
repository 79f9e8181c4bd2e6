import type { Readable } from 'node:stream';
import type { Request } from 'got';
import { TidemarkError } from '../../contracts/errors.js';
import { allowManyListeners, throwIfAborted } from '../http/abort.js';
import type { Api } from './api.js';
import type { TitanErrorCode } from './error-codes.js';
import { codeOfStatus, systemCode, titanError } from './errors.js';
import type { HttpReply } from '../http/http.js';
import { askedDelay, header, isSuccess } from '../http/reply.js';
import { storeMessage } from './store-message.js';
import { withRetries } from '../http/retry.js';
import { transportError } from './transport-failure.js';

export interface UploadFile {
  bytes: number;
  open: () => Readable;
  /** The same where each chunk is used up before the next one is asked for: its memory may be used again. */
  lend?: () => AsyncGenerator<Buffer>;
}

export interface UploadOptions {
  signal?: AbortSignal;
  onProgress?: (bytesSent: number) => void;
}

/** Sends a file to a signed address; each try reads it again from its start. */
export async function uploadFile(api: Api, signedUrl: string, file: UploadFile, options: UploadOptions): Promise<void> {
  const { signal } = options;
  const limit = api.settings.maxFileBytes;
  if (file.bytes > limit) {
    throw titanError('TITAN_FILE_TOO_LARGE', `The file has ${file.bytes} bytes, the limit is ${limit}`);
  }
  const target = parseAddress(signedUrl);
  // Only the host is ever shown: the rest of a signed address is a key to the file.
  const what = `upload to ${target.host}`;
  allowManyListeners(signal);
  await withRetries(api.retryContext(what, signal), async () => {
    let url = target;
    for (let hop = 0; ; hop++) {
      const reply = await sendOnce(api, url, file, what, options);
      if (isSuccess(reply.status)) return;
      const next = redirectTarget(reply, url);
      if (next === undefined || hop === MAX_REDIRECTS) throw refused(api, reply, what);
      url = next;
    }
  });
}

const MAX_REDIRECTS = 3;
/** Longest part of a reply that is read, in characters. */
const MAX_REPLY = 16_000;

async function sendOnce(
  api: Api,
  url: URL,
  file: UploadFile,
  what: string,
  options: UploadOptions,
): Promise<HttpReply> {
  const { signal, onProgress } = options;
  const source = file.lend?.() ?? file.open();
  const body = new CountedBody(source, file.bytes, onProgress);
  // The signed address is its own credential: no bearer token goes with it.
  const headers = { 'content-type': 'text/csv', 'content-length': String(file.bytes), accept: '*/*' };
  const request = api.http.put({ url: url.href, headers, signal }, body.chunks());
  try {
    const reply = await replyTo(request);
    if (!isSuccess(reply.status) || body.whole) return reply;
    throw titanError('TITAN_UNREACHABLE', `The ${what} was accepted before the whole file was sent`);
  } catch (error) {
    throwIfAborted(signal);
    if (body.failure !== undefined) throw body.failure;
    if (error instanceof TidemarkError) throw error;
    throw transportError(error, what, false, api.redact);
  } finally {
    request.destroy();
    // A generator that waits for a read to end is not waited for.
    if ('destroy' in source) source.destroy();
    else void source.return(undefined).catch(() => undefined);
  }
}

/** Counts what is read, so that a file that shrank or grew meanwhile is told apart from a broken connection. */
class CountedBody {
  failure: Error | undefined;
  #sent = 0;
  readonly #source: AsyncIterable<Buffer>;
  readonly #bytes: number;
  readonly #onProgress: ((bytesSent: number) => void) | undefined;

  constructor(source: AsyncIterable<Buffer>, bytes: number, onProgress: ((bytesSent: number) => void) | undefined) {
    this.#source = source;
    this.#bytes = bytes;
    this.#onProgress = onProgress;
  }

  get whole(): boolean {
    return this.#sent === this.#bytes;
  }

  /** The request has written a chunk, to the socket or through TLS, before it asks for the next one. */
  async *chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.#source) {
        this.#sent += chunk.length;
        // One byte too many would be read by the server as the start of another request.
        if (this.#sent > this.#bytes) break;
        yield chunk;
        this.#onProgress?.(this.#sent);
      }
    } catch (error) {
      throw this.#fail(`The file to upload could not be read (${systemCode(error) ?? 'unknown reason'})`);
    }
    if (!this.whole) {
      const actual = this.#sent > this.#bytes ? 'more' : `only ${this.#sent}`;
      throw this.#fail(`The file to upload was announced with ${this.#bytes} bytes and has ${actual}`);
    }
  }

  #fail(message: string): Error {
    return (this.failure = titanError('TITAN_UPLOAD_SOURCE', message));
  }
}

/** The reply counts even when it comes before the whole file was sent and the connection breaks right after it: it says why. */
async function replyTo(request: Request): Promise<HttpReply> {
  return await new Promise((resolve, reject) => {
    let reply: HttpReply | undefined;
    request.once('response', (response: { statusCode: number; headers: HttpReply['headers'] }) => {
      const started: HttpReply = { status: response.statusCode, headers: response.headers, body: '' };
      reply = started;
      request.on('data', (chunk: Buffer) => {
        if (started.body.length < MAX_REPLY) started.body += chunk.toString('utf8');
      });
      request.once('end', () => resolve(started));
    });
    request.on('error', (error) => {
      if (reply === undefined) reject(error);
      else resolve(reply);
    });
    request.once('close', () => {
      if (reply === undefined) reject(new Error('the connection was closed'));
      else resolve(reply);
    });
  });
}

/** A file store may send the file elsewhere (307 or 308), but not from https to http. */
function redirectTarget(reply: HttpReply, from: URL): URL | undefined {
  const location = header(reply.headers, 'location');
  if ((reply.status !== 307 && reply.status !== 308) || location === undefined) return undefined;
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  return target?.protocol === from.protocol ? target : undefined;
}

function refused(api: Api, reply: HttpReply, what: string): Error {
  const text = api.redact.text(storeMessage(reply.status, reply.body));
  return titanError(uploadCode(reply.status, text), `The ${what} was answered with ${reply.status}: ${text}`, {
    httpStatus: reply.status,
    retryAfterSeconds: askedDelay(reply.headers),
  });
}

/** S3 answers an expired signature with 403, an expired token with 400, and a connection that it found too slow with 400 too. */
function uploadCode(status: number, text: string): TitanErrorCode {
  if ([401, 403, 410].includes(status) || (status === 400 && /expired/iu.test(text))) return 'TITAN_UPLOAD_URL_EXPIRED';
  if (status === 400 && text.includes('RequestTimeout')) return 'TITAN_TIMEOUT';
  const code = codeOfStatus(status);
  return ['TITAN_SERVER_ERROR', 'TITAN_RATE_LIMITED', 'TITAN_TIMEOUT'].includes(code) ? code : 'TITAN_UPLOAD_REFUSED';
}

function parseAddress(signedUrl: string): URL {
  const url = URL.canParse(signedUrl) ? new URL(signedUrl) : undefined;
  if (url !== undefined && /^https?:$/u.test(url.protocol)) return url;
  throw titanError('TITAN_UNEXPECTED_REPLY', 'The signed upload address is not an http or https address');
}
