import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const SESSION_MS = 12 * 3_600_000;
/** More sessions than people: the oldest one ends. */
const MAX_SESSIONS = 1_000;
export const SESSION_COOKIE = 'tidemark_codec';

/** Who may read payloads: by a bearer token, or by the session that a token opened for a browser. */
export class Access {
  readonly #tokens: readonly { name: string; digest: Buffer }[];
  readonly #sessions = new Map<string, { name: string; until: number }>();

  /** `tokens`: by the name of their owner. */
  constructor(tokens: Readonly<Record<string, string>>) {
    this.#tokens = Object.entries(tokens).map(([name, token]) => ({ name, digest: digestOf(token) }));
  }

  /** The name of who sends the request, or undefined for nobody known. */
  nameOf(request: IncomingMessage): string | undefined {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined) return this.nameOfToken(/^Bearer (.+)$/iu.exec(authorization)?.[1] ?? '');
    const id = new RegExp(`(?:^|; )${SESSION_COOKIE}=([^;]+)`, 'u').exec(cookie ?? '')?.[1];
    const session = id === undefined ? undefined : this.#sessions.get(id);
    return session === undefined || session.until < Date.now() ? undefined : session.name;
  }

  nameOfToken(token: string): string | undefined {
    const digest = digestOf(token);
    // All are compared, each in constant time: how long it takes tells nothing.
    const found = this.#tokens.filter((known) => timingSafeEqual(known.digest, digest));
    return found[0]?.name;
  }

  /** A new session's id, for a cookie: the token itself does not stay in the browser. */
  open(name: string): string {
    const [oldest] = this.#sessions.keys();
    if (oldest !== undefined && this.#sessions.size >= MAX_SESSIONS) this.#sessions.delete(oldest);
    const id = randomBytes(32).toString('base64url');
    this.#sessions.set(id, { name, until: Date.now() + SESSION_MS });
    return id;
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
