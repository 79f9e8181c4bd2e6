import type { Request } from 'got';
import { Http } from '../http/http.js';
import type { TitanRdmSettings } from './options.js';

/** Bodies that are sent or received piece by piece. */
export interface TransferCall {
  url: string;
  headers: Record<string, string>;
  signal: AbortSignal | undefined;
}

/** Calls of the API, and files to and from signed addresses. Throws got's errors. */
export class TitanHttp extends Http {
  readonly #idleMs: number;

  constructor(settings: TitanRdmSettings) {
    super(settings);
    this.#idleMs = settings.timeouts.transferIdleMs;
  }

  /** `body` is read once and sent as it comes; the connection may stand still for `transferIdleMs`. */
  put(call: TransferCall, body: AsyncGenerator<Buffer>): Request {
    return this.got.stream.put(call.url, {
      headers: call.headers,
      body,
      agent: this.kept,
      decompress: false,
      timeout: { ...this.connecting, socket: this.#idleMs },
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }

  /** The bytes as they are sent, not unpacked. Only the wait for the reply is limited here. */
  get(call: TransferCall): Request {
    return this.got.stream(call.url, {
      headers: call.headers,
      agent: this.kept,
      decompress: false,
      followRedirect: true,
      timeout: { ...this.connecting, response: this.#idleMs },
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
  }
}
