import { TidemarkError } from '../../contracts/errors.js';
import { allowManyListeners } from '../http/abort.js';
import type { HttpReply } from '../http/http.js';
import { Renewable } from '../http/renewable.js';
import { withRetries } from '../http/retry.js';
import { hideValues } from './hide-values.js';
import type { AmsSettings } from './options.js';
import type { Told } from './reply.js';
import { Sender } from './sender.js';
import { type Session, signIn } from './sign-in.js';

export interface ApiCall<T> {
  /** `v1/usersearch`: the version and the endpoint. */
  endpoint: string;
  /** Sent by POST, from who has signed in; without it the call is a GET. */
  json?: (session: Session) => Record<string, unknown>;
  /** What the reply holds; throws where it tells a failure. */
  read: (reply: HttpReply, told: Told) => T;
  /** Values of a row that is sent: no error may tell them. */
  hidden?: readonly string[];
}

/**
 * One connection's API: one session for all callers, retries, a bound on the requests under way, redaction. Every call may be
 * repeated: reads change nothing, and writing a profile twice leaves what writing it once leaves.
 */
export class Api {
  readonly #sender: Sender;
  readonly #sessions: Renewable<Session>;

  constructor(settings: AmsSettings) {
    const sender = new Sender(settings);
    this.#sender = sender;
    // Nobody tells how long a session lives: it is used until the server ends it.
    this.#sessions = new Renewable(async (signal) => ({ value: await signIn(sender, signal), usableMs: Infinity }));
  }

  async session(signal: AbortSignal | undefined): Promise<Session> {
    allowManyListeners(signal);
    return await withRetries(this.#retryContext('sign in', signal), () => this.#sessions.get(signal));
  }

  async call<T>(call: ApiCall<T>, signal: AbortSignal | undefined): Promise<T> {
    allowManyListeners(signal);
    const what = `${call.json === undefined ? 'GET' : 'POST'} ${call.endpoint}`;
    return await withRetries(this.#retryContext(what, signal), async () => {
      const first = await this.#inSession(call, what, signal);
      // The end of a session means that the call was not done: it is sent once more, in a new one.
      const outcome = first instanceof SessionEnd ? await this.#inSession(call, what, signal) : first;
      if (outcome instanceof SessionEnd) throw outcome.error;
      return outcome;
    });
  }

  close(): void {
    this.#sender.close();
  }

  /** Of all callers whose session has ended, the first renews it for the others. */
  async #inSession<T>(call: ApiCall<T>, what: string, signal: AbortSignal | undefined): Promise<T | SessionEnd> {
    const { redact } = this.#sender;
    const session = await this.#sessions.get(signal);
    const { token } = session;
    const headers = { 'session-header': token, cookie: `JSESSIONID=${token}` };
    const { endpoint, json, hidden = [] } = call;
    const reply = await this.#sender.send({ endpoint, what, headers, json: json?.(session) }, signal);
    try {
      return call.read(reply, { what, clean: (text) => hideValues(redact.text(text), hidden) });
    } catch (error) {
      if (!(error instanceof TidemarkError) || error.code !== 'AMS_SESSION_ENDED') throw error;
      this.#sessions.reject(session);
      return new SessionEnd(error);
    }
  }

  #retryContext(what: string, signal: AbortSignal | undefined) {
    const { retry, log } = this.#sender.settings;
    return { settings: retry, what, signal, log };
  }
}

class SessionEnd {
  constructor(readonly error: TidemarkError) {}
}
