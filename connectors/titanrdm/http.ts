import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { type Got, type Request } from 'got';
import type { TitanRdmSettings } from './options.js';

export interface HttpReply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface HttpCall {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: string | undefined;
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /**
   * Uses a connection of its own. A server may close an idle kept-alive one in the moment that we write to it, and then
   * nobody can say whether the call arrived: bearable where a call may be repeated, not where it may not.
   */
  ownConnection: boolean;
}

/** Bodies that are sent or received piece by piece. */
export interface TransferCall {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal | undefined;
}

/** got, set up so that it decides nothing by itself: no retries, no redirects, no error for a status. Throws got's errors. */
export class Http {
  readonly #got: Got;
  readonly #timeouts: TitanRdmSettings['timeouts'];
  readonly #kept = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  readonly #own = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) };

  constructor(settings: TitanRdmSettings) {
    this.#timeouts = settings.timeouts;
    this.#got = got.extend({
      retry: { limit: 0 },
      throwHttpErrors: false,
      followRedirect: false,
      headers: { 'user-agent': settings.userAgent },
    });
  }

  async send(call: HttpCall): Promise<HttpReply> {
    const reply = await this.#got(call.url, {
      method: call.method,
      headers: call.headers,
      agent: call.ownConnection ? this.#own : this.#kept,
      timeout: { ...this.#connecting(), request: call.timeoutMs },
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    return { status: reply.statusCode, headers: reply.headers, body: reply.body };
  }

  /** `body` is read once and sent as it comes; the connection may stand still for `transferIdleMs`. */
  put(call: TransferCall, body: AsyncGenerator<Buffer>): Request {
    return this.#got.stream.put(call.url, {
      headers: call.headers,
      body,
      agent: this.#kept,
      decompress: false,
      timeout: { ...this.#connecting(), socket: this.#timeouts.transferIdleMs },
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }

  /** The bytes as they are sent, not unpacked. Only the wait for the reply is limited here. */
  get(call: TransferCall): Request {
    return this.#got.stream(call.url, {
      headers: call.headers,
      agent: this.#kept,
      decompress: false,
      followRedirect: true,
      timeout: { ...this.#connecting(), response: this.#timeouts.transferIdleMs },
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }

  /** Closes the connections that are kept alive. */
  close(): void {
    for (const agent of [this.#kept.http, this.#kept.https, this.#own.http, this.#own.https]) agent.destroy();
  }

  #connecting(): { lookup: number; connect: number; secureConnect: number } {
    const { connectMs } = this.#timeouts;
    return { lookup: connectMs, connect: connectMs, secureConnect: connectMs };
  }
}
