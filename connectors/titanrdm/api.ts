import type { z } from 'zod';
import { TidemarkError } from '../../contracts/errors.js';
import { allowManyListeners, throwIfAborted } from '../http/abort.js';
import type { TitanErrorCode } from './error-codes.js';
import type { HttpReply } from '../http/http.js';
import { isSuccess } from '../http/reply.js';
import { TitanHttp } from './http.js';
import type { TitanRdmSettings } from './options.js';
import { Redactor } from '../http/redact.js';
import { type CodeOf, parseReply, refusal } from './reply.js';
import { withRetries } from '../http/retry.js';
import { tokenSchema } from './schema.js';
import { DEFAULT_LIFETIME, type FetchedToken, TokenSource } from './token.js';
import { transportError } from './transport-failure.js';

export interface ApiCall<T> {
  method: 'GET' | 'POST';
  /** From `apiPath`, so that ids are encoded. */
  path: string;
  query?: Record<string, string | number | undefined>;
  json?: Record<string, unknown>;
  schema: z.ZodType<T>;
  /** Not repeated unless the server certainly did nothing; otherwise a lost reply is `TITAN_UNKNOWN_OUTCOME`. */
  once?: boolean;
  /** An empty body (204) is as good as `{}`. */
  mayBeEmpty?: boolean;
  /** Code of a reply of the wrong shape, `TITAN_UNEXPECTED_REPLY` when left out. */
  wrongShape?: TitanErrorCode;
  /** Whatever a success says is of no interest. */
  bodyIgnored?: boolean;
  timeoutMs?: number;
  /** The code of a refusal that this call knows the meaning of. */
  codeOf?: CodeOf;
  /** Hears the server's clock as it was before the call was sent (by the header Date); undefined when it did not say. */
  onClock?: (before: Date | undefined) => void;
}

/** One connection's API: token, retries, redaction, and replies that are checked. */
export class Api {
  readonly settings: TitanRdmSettings;
  readonly http: TitanHttp;
  readonly redact: Redactor;
  readonly #tokens: TokenSource;

  constructor(settings: TitanRdmSettings) {
    this.settings = settings;
    this.http = new TitanHttp(settings);
    this.redact = new Redactor([settings.clientSecret]);
    this.#tokens = new TokenSource((signal) => this.#fetchToken(signal));
  }

  async call<T>(call: ApiCall<T>, signal?: AbortSignal): Promise<T> {
    allowManyListeners(signal);
    const what = `${call.method} ${call.path}`;
    const once = call.once ?? false;
    let unheard = false;
    const codeOf: CodeOf = (status, text) =>
      unheard && call.method === 'POST' && REFUSED_STATE.has(status)
        ? 'TITAN_UNKNOWN_OUTCOME'
        : call.codeOf?.(status, text);
    return await withRetries(this.retryContext(what, signal), async () => {
      try {
        const sentAt = performance.now();
        const reply = await this.#sendSigned(call, what, signal);
        call.onClock?.(clockBefore(reply, performance.now() - sentAt));
        if (!isSuccess(reply.status)) throw refusal(reply, { what, once, redact: this.redact, codeOf });
        if (call.bodyIgnored === true) return call.schema.parse(undefined);
        const { schema, wrongShape, mayBeEmpty = false } = call;
        return parseReply(reply, { what, schema, mayBeEmpty, once, wrongShape });
      } catch (error) {
        unheard ||= error instanceof TidemarkError && UNHEARD.has(error.code);
        throw error;
      }
    });
  }

  async authenticate(signal?: AbortSignal): Promise<void> {
    allowManyListeners(signal);
    await withRetries(this.retryContext(TOKEN_CALL, signal), () => this.#tokens.get(signal));
  }

  retryContext(what: string, signal: AbortSignal | undefined) {
    return { settings: this.settings.retry, what, signal, log: this.settings.log };
  }

  /** A 401 means that the call was not done: it is sent once more, with a new token. */
  async #sendSigned<T>(call: ApiCall<T>, what: string, signal: AbortSignal | undefined): Promise<HttpReply> {
    const token = await this.#tokens.get(signal);
    const reply = await this.#send(call, what, token, signal);
    if (reply.status !== 401) return reply;
    this.#tokens.reject(token);
    return await this.#send(call, what, await this.#tokens.get(signal), signal);
  }

  async #send<T>(call: ApiCall<T>, what: string, token: string, signal: AbortSignal | undefined): Promise<HttpReply> {
    return await this.#observed(what, call.once ?? false, signal, () =>
      this.http.send({
        method: call.method,
        url: `${this.settings.url}${call.path}${queryText(call.query ?? {})}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json' },
        body: call.json === undefined ? undefined : JSON.stringify(call.json),
        timeoutMs: call.timeoutMs ?? this.settings.timeouts.requestMs,
        signal,
        ownConnection: call.once ?? false,
      }),
    );
  }

  async #observed(
    what: string,
    once: boolean,
    signal: AbortSignal | undefined,
    send: () => Promise<HttpReply>,
  ): Promise<HttpReply> {
    const startedAt = performance.now();
    try {
      const reply = await send();
      const durationMs = Math.round(performance.now() - startedAt);
      this.settings.log?.({ level: 'debug', event: 'call', what, status: reply.status, durationMs });
      return reply;
    } catch (error) {
      throwIfAborted(signal);
      throw transportError(error, what, once, this.redact);
    }
  }

  async #fetchToken(signal: AbortSignal): Promise<FetchedToken> {
    const { url, clientId, clientSecret, timeouts, log } = this.settings;
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
    const reply = await this.#observed(TOKEN_CALL, false, signal, () =>
      this.http.send({
        method: 'POST',
        url: `${url}/oauth/token`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams(form).toString(),
        timeoutMs: timeouts.requestMs,
        signal,
        ownConnection: false,
      }),
    );
    if (!isSuccess(reply.status)) {
      throw refusal(reply, { what: TOKEN_CALL, once: false, redact: this.redact, codeOf: tokenCode });
    }
    const parsed = parseReply(reply, { what: TOKEN_CALL, schema: tokenSchema, mayBeEmpty: false, once: false });
    this.redact.rememberToken(parsed.access_token);
    log?.({ level: 'debug', event: 'token', what: TOKEN_CALL });
    return { token: parsed.access_token, expiresIn: parsed.expires_in ?? DEFAULT_LIFETIME };
  }
}

/** The header has whole seconds, cut off: never later than the truth. */
function clockBefore({ headers }: HttpReply, elapsedMs: number): Date | undefined {
  const { date } = headers;
  const replied = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  return Number.isNaN(replied) ? undefined : new Date(replied - elapsedMs);
}

const TOKEN_CALL = 'POST /oauth/token';

/** After these the server may have done what was asked. */
const UNHEARD = new Set<string>(['TITAN_TIMEOUT', 'TITAN_UNREACHABLE', 'TITAN_SERVER_ERROR']);
/** How a server refuses to do again what it has done already: after an unheard try, nobody can tell that from a plain refusal. */
const REFUSED_STATE = new Set([400, 409, 422]);

/** OAuth answers bad credentials with 400 or 401 (RFC 6749, 5.2), some gateways with 403. */
function tokenCode(status: number): TitanErrorCode | undefined {
  return [400, 401, 403].includes(status) ? 'TITAN_AUTHENTICATION' : undefined;
}

function queryText(query: Record<string, string | number | undefined>): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}
