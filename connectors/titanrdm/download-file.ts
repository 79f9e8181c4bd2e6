import type { Request } from 'got';
import type { TidemarkError } from '../../contracts/errors.js';
import { throwIfAborted } from '../http/abort.js';
import type { Api } from './api.js';
import { titanError } from './errors.js';
import type { HttpReply } from '../http/http.js';
import { header } from '../http/reply.js';
import { transportError } from './transport-failure.js';

export interface OpenedFile {
  status: number;
  headers: HttpReply['headers'];
  /** The bytes as the server sends them; throws `TITAN_DOWNLOAD_INCOMPLETE` when they end too early. */
  chunks: () => AsyncGenerator<Buffer>;
  /** The start of the body, for the reply to a refused request. */
  text: () => Promise<string>;
}

/** Longest part of a refusal that is read, in bytes. */
const MAX_REPLY = 16_000;

/** Asks for a file and waits for the head of the reply. `signal` also ends the reading of the body. */
export async function openFile(api: Api, url: URL, what: string, signal: AbortSignal): Promise<OpenedFile> {
  // The signed address is its own credential: no bearer token goes with it.
  const headers = { accept: '*/*', 'accept-encoding': 'gzip' };
  const request = api.http.get({ url: url.href, headers, signal });
  try {
    const response = await headOf(request);
    return {
      status: response.statusCode,
      headers: response.headers,
      chunks: () => bodyChunks(api, request, response.headers, what, signal),
      text: () => startOfBody(request),
    };
  } catch (error) {
    throwIfAborted(signal);
    throw transportError(error, what, false, api.redact);
  }
}

async function headOf(request: Request): Promise<{ statusCode: number; headers: HttpReply['headers'] }> {
  return await new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: an error that comes between the head and the first read must not end the process; the read finds it.
    request.on('error', reject);
  });
}

async function startOfBody(request: Request): Promise<string> {
  let text = '';
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      text += chunk.toString('utf8');
      if (text.length >= MAX_REPLY) break;
    }
  } catch {
    // The status is known already; a reason that was cut off is better than none.
  }
  request.destroy();
  return text;
}

async function* bodyChunks(
  api: Api,
  request: Request,
  headers: HttpReply['headers'],
  what: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const announced = header(headers, 'content-length');
  const idle = new IdleWatch(api.settings.timeouts.transferIdleMs, () => request.destroy());
  let received = 0;
  try {
    const chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    for (;;) {
      const next = await idle.during(() => chunks.next());
      if (next.done === true) break;
      received += next.value.length;
      yield next.value;
    }
  } catch (error) {
    throwIfAborted(signal);
    if (idle.expired) throw titanError('TITAN_TIMEOUT', `The ${what} stood still after ${received} bytes`);
    throw incomplete(what, received, announced, api.redact.error(error));
  } finally {
    idle.stop();
    request.destroy();
  }
  throwIfAborted(signal);
  if (idle.expired) throw titanError('TITAN_TIMEOUT', `The ${what} stood still after ${received} bytes`);
  if (announced !== undefined && received !== Number(announced)) throw incomplete(what, received, announced);
}

function incomplete(what: string, received: number, announced: string | undefined, cause?: Error): TidemarkError {
  const text = `The ${what} ended after ${received} of ${announced ?? 'an unknown number of'} bytes`;
  return titanError('TITAN_DOWNLOAD_INCOMPLETE', text, { cause });
}

/** Limits how long the server may take for its next bytes; the time that the reader takes does not count. */
class IdleWatch {
  expired = false;
  #waiting = false;
  readonly #timer: NodeJS.Timeout;

  constructor(milliseconds: number, onExpiry: () => void) {
    this.#timer = setTimeout(() => {
      if (!this.#waiting) {
        this.#timer.refresh();
        return;
      }
      this.expired = true;
      onExpiry();
    }, milliseconds);
    this.#timer.unref();
  }

  async during<T>(wait: () => Promise<T>): Promise<T> {
    this.#timer.refresh();
    this.#waiting = true;
    try {
      return await wait();
    } finally {
      this.#waiting = false;
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
