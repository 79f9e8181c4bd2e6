import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One reply of a script. Nothing given is 200 with `{}`. */
export interface Step {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  body?: string | Buffer;
  /** Reads the request, then breaks the connection without a reply. */
  reset?: true;
  /** Reads the request and never answers. */
  silent?: true;
  /** Sends so many bytes of the body, then breaks the connection. */
  cutAfter?: number;
  /** Sends so many bytes of the body, then nothing more. */
  stallAfter?: number;
  /** Answers before the request's body was read, then breaks the connection. */
  early?: true;
  /** Sends the body without a Content-Length. */
  chunked?: true;
}

/** A step, or what decides it from the request (without its body, which is not read yet). */
export type Play = Step | ((request: Recorded) => Step);

export interface Recorded {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage['headers'];
  body: string;
  bytes: number;
}

/** A server that plays replies in order, for faults that a real one does not make on demand. */
export interface ScriptedServer {
  url: string;
  requests: Recorded[];
  /** Replies for `POST /api/imports/new` and the like, in order; the last one is repeated. */
  on: (route: string, ...steps: Play[]) => void;
  /** Requests made to a route. */
  to: (route: string) => Recorded[];
  /** Waits until no request is under way any more. */
  idle: () => Promise<void>;
  close: () => Promise<void>;
}

/** Every token request is answered with `token-1`, `token-2`, ... unless scripted otherwise. */
export async function startScriptedServer(port = 0): Promise<ScriptedServer> {
  const scripts = new Map<string, Play[]>();
  const requests: Recorded[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, scripts, requests);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  // Listening on a port of an IP address gives an AddressInfo, not a path.
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    on: (route, ...steps) => void scripts.set(route, steps),
    to: (route) => requests.filter(({ method, path }) => `${method} ${path}` === route),
    idle: () => whenIdle(server),
    close: () => closeServer(server),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  scripts: Map<string, Play[]>,
  requests: Recorded[],
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const method = request.method ?? 'GET';
  const recorded: Recorded = {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: '',
    bytes: 0,
  };
  requests.push(recorded);
  const route = `${method} ${url.pathname}`;
  const script = scripts.get(route);
  const play = (script !== undefined && script.length > 1 ? script.shift() : script?.[0]) ?? fallback(route, requests);
  const step = typeof play === 'function' ? play(recorded) : play;
  request.on('error', () => undefined);
  if (step.early !== true) await read(request, recorded);
  if (step.reset === true) request.socket.destroy();
  else if (step.silent !== true) reply(request, response, step);
}

function fallback(route: string, requests: Recorded[]): Step {
  if (route !== 'POST /oauth/token') return { status: 404, json: { error: `no script for ${route}` } };
  const count = requests.filter(({ path }) => path === '/oauth/token').length;
  return { json: { access_token: `token-${count}`, token_type: 'Bearer', expires_in: 7_200, created_at: 1 } };
}

async function read(request: IncomingMessage, recorded: Recorded): Promise<void> {
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      recorded.bytes += chunk.length;
      if (recorded.body.length < 1_000_000) recorded.body += chunk.toString('utf8');
    }
  } catch {
    // The client went away in the middle of its request: that is what some tests are about.
  }
}

function reply(request: IncomingMessage, response: ServerResponse, step: Step): void {
  const body = Buffer.from(step.body ?? (step.json === undefined ? '' : JSON.stringify(step.json)));
  const length: Record<string, string> = step.chunked === true ? {} : { 'content-length': String(body.length) };
  const type: Record<string, string> = step.json === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(step.status ?? 200, { ...length, ...type, ...step.headers });
  const part = step.cutAfter ?? step.stallAfter;
  if (part === undefined && step.early !== true) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, part ?? body.length), () => {
    if (step.stallAfter === undefined) setImmediate(() => request.socket.destroy());
  });
}

async function whenIdle(server: Server): Promise<void> {
  for (;;) {
    server.closeIdleConnections();
    const open = await new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
    if (open === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
