import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { type Got } from 'got';

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

export interface HttpSettings {
  userAgent: string;
  timeouts: { connectMs: number };
}

/** got, set up so that it decides nothing by itself: no retries, no redirects, no error for a status. Throws got's errors. */
export class Http {
  protected readonly got: Got;
  protected readonly kept = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  protected readonly connecting: { lookup: number; connect: number; secureConnect: number };
  readonly #own = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) };

  constructor({ userAgent, timeouts: { connectMs } }: HttpSettings) {
    this.connecting = { lookup: connectMs, connect: connectMs, secureConnect: connectMs };
    this.got = got.extend({
      retry: { limit: 0 },
      throwHttpErrors: false,
      followRedirect: false,
      headers: { 'user-agent': userAgent },
    });
  }

  async send(call: HttpCall): Promise<HttpReply> {
    const reply = await this.got(call.url, {
      method: call.method,
      headers: call.headers,
      agent: call.ownConnection ? this.#own : this.kept,
      timeout: { ...this.connecting, request: call.timeoutMs },
      ...(call.body === undefined ? {} : { body: call.body }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    return { status: reply.statusCode, headers: reply.headers, body: reply.body };
  }

  /** Closes the connections that are kept alive. */
  close(): void {
    for (const agent of [this.kept.http, this.kept.https, this.#own.http, this.#own.https]) agent.destroy();
  }
}
