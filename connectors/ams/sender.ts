import { Slots } from '../common/slots.js';
import { throwIfAborted } from '../http/abort.js';
import { Http, type HttpReply } from '../http/http.js';
import { Redactor } from '../http/redact.js';
import { transportError } from './errors.js';
import type { AmsSettings } from './options.js';

export interface Sending {
  /** `v1/usersearch`: the version and the endpoint. */
  endpoint: string;
  /** How logs and errors name the call. */
  what: string;
  headers?: Record<string, string>;
  /** Sent by POST; without it the request is a GET. */
  json?: Record<string, unknown> | undefined;
}

/** Requests, one at a time or as many as the settings allow, whoever asks. */
export class Sender {
  readonly settings: AmsSettings;
  readonly redact: Redactor;
  /** Of the sign-in, by HTTP's basic scheme. Secret. */
  readonly basic: string;
  readonly #http: Http;
  readonly #slots: Slots;

  constructor(settings: AmsSettings) {
    const { username, password, maxInFlight } = settings;
    this.settings = settings;
    this.basic = Buffer.from(`${username}:${password}`).toString('base64');
    this.redact = new Redactor([password, this.basic]);
    this.#http = new Http(settings);
    this.#slots = new Slots(maxInFlight);
  }

  /** One request, in its turn. Errors: those of the transport. */
  async send({ endpoint, what, headers, json }: Sending, signal: AbortSignal | undefined): Promise<HttpReply> {
    const { url, appId, timeouts, log } = this.settings;
    const release = await this.#slots.take(signal);
    const startedAt = performance.now();
    try {
      const reply = await this.#http.send({
        method: json === undefined ? 'GET' : 'POST',
        url: `${url}/api/${endpoint}${json === undefined ? '' : '?informat=json&format=json'}`,
        headers: { 'content-type': 'application/json', accept: 'application/json', 'x-app-id': appId, ...headers },
        body: json === undefined ? undefined : JSON.stringify(json),
        timeoutMs: timeouts.requestMs,
        signal,
        ownConnection: false,
      });
      const durationMs = Math.round(performance.now() - startedAt);
      log?.({ level: 'debug', event: 'call', what, status: reply.status, durationMs });
      return reply;
    } catch (error) {
      throwIfAborted(signal);
      throw transportError(error, what, this.redact);
    } finally {
      release();
    }
  }

  close(): void {
    this.#http.close();
  }
}
