import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { PayloadCodec } from '@temporalio/common';
import { listenOn, type Listening } from '../operations/listen.js';
import { Access, SESSION_COOKIE } from './access.js';
import { loginPage } from './login-page.js';
import { payloadsFrom, payloadsSchema, payloadsTo } from './wire.js';

export interface CodecServerOptions {
  codec: PayloadCodec;
  /** Who may read: a token per name. */
  tokens: Readonly<Record<string, string>>;
  /** Origins of the Web UIs that may ask, for instance `https://temporal.example.com`. */
  origins: readonly string[];
  /** Default: 127.0.0.1. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  /** Takes who decoded how much: never what. */
  log?: (entry: CodecLogEntry) => void;
}

export interface CodecLogEntry {
  event: 'encode' | 'decode' | 'refused' | 'signed in' | 'failed';
  name?: string;
  namespace?: string;
  payloads?: number;
  reason?: string;
}

export type CodecServer = Listening;

/** A page of a history in the Web UI: some thousand payloads below 2 MB each, in base64. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;

/** Temporal's remote codec protocol over HTTP: `/encode` and `/decode` for those who may, `/login` for browsers, `/healthz`. */
export async function startCodecServer(options: CodecServerOptions): Promise<CodecServer> {
  const handler = new Handler(options);
  const server = createServer((request, response) => void handler.handle(request, response));
  return listenOn(server, options.host ?? '127.0.0.1', options.port ?? 0);
}

class Handler {
  readonly #access: Access;
  readonly #origins: ReadonlySet<string>;

  constructor(private readonly options: CodecServerOptions) {
    this.#access = new Access(options.tokens);
    // A slash at the end is easily written, and no part of an origin.
    this.#origins = new Set(options.origins.map((origin) => new URL(origin).origin));
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    // Not by `URL`, which throws for some of what anybody may send.
    const [pathname] = url.split('?', 1);
    this.#allowOrigin(request, response);
    try {
      if (method === 'OPTIONS') {
        answer(response, 204);
        return;
      }
      if (method === 'GET' && pathname === '/healthz') {
        answer(response, 200, { status: 'ok' });
        return;
      }
      if (method === 'GET' && pathname === '/login') {
        page(response, 200, loginPage());
        return;
      }
      if (method === 'POST' && pathname === '/login') {
        await this.#login(request, response);
        return;
      }
      if (method === 'POST' && (pathname === '/encode' || pathname === '/decode')) {
        await this.#run(pathname === '/encode' ? 'encode' : 'decode', request, response);
        return;
      }
      answer(response, 404, { error: 'There are POST /encode, POST /decode, /login and GET /healthz.' });
    } catch (error) {
      const status = error instanceof BadBody ? error.status : 400;
      const reason = error instanceof Error ? error.message : 'unknown';
      this.options.log?.({ event: 'failed', reason });
      answer(response, status, { error: reason });
    }
  }

  async #run(event: 'encode' | 'decode', request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = this.#access.nameOf(request);
    if (name === undefined || !this.#mayAsk(request)) {
      this.options.log?.({ event: 'refused' });
      answer(response, 401, { error: 'Sign in at /login of this server, or send a bearer token.' });
      return;
    }
    const parsed = payloadsSchema.safeParse(parseJson(await readBody(request)));
    if (!parsed.success) throw new BadBody(400, 'The body is not a list of payloads.');
    const payloads = await this.options.codec[event](payloadsFrom(parsed.data));
    const namespace = request.headers['x-namespace'];
    this.options.log?.({
      event,
      name,
      payloads: payloads.length,
      ...(typeof namespace === 'string' ? { namespace } : {}),
    });
    answer(response, 200, payloadsTo(payloads));
  }

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = new URLSearchParams((await readBody(request)).toString('utf8')).get('token') ?? '';
    const name = this.#access.nameOfToken(token);
    this.options.log?.(name === undefined ? { event: 'refused' } : { event: 'signed in', name });
    if (name === undefined) {
      page(response, 401, loginPage('This token is not known.'));
      return;
    }
    // Behind TLS the Web UI may be another site; without it, it can only be the same one.
    const site = request.headers['x-forwarded-proto'] === 'https' ? 'SameSite=None; Secure' : 'SameSite=Lax';
    response.setHeader('set-cookie', `${SESSION_COOKIE}=${this.#access.open(name)}; HttpOnly; Path=/; ${site}`);
    page(response, 200, loginPage('This browser may read payloads now: reload the Web UI.'));
  }

  #allowOrigin({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    response.setHeader('vary', 'origin');
    if (origin === undefined || !this.#origins.has(origin)) return;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-credentials', 'true');
    response.setHeader('access-control-allow-methods', 'POST, OPTIONS');
    response.setHeader('access-control-allow-headers', 'content-type, x-namespace, authorization');
    response.setHeader('access-control-max-age', '600');
  }

  /** A page of another origin must not use a browser's session. What is no browser sends no origin. */
  #mayAsk({ headers: { origin } }: IncomingMessage): boolean {
    return origin === undefined || this.#origins.has(origin);
  }
}

class BadBody extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // A request without an encoding yields buffers; its type says any.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > MAX_BODY_BYTES) throw new BadBody(413, 'The body is too large.');
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // What the parser says would quote the body.
    throw new BadBody(400, 'The body is not JSON.');
  }
}

function answer(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function page(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  response.end(html);
}
