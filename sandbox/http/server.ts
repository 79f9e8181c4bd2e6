import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterWork, beforeWork, type FaultHooks, type FaultTools } from './fault-actions.js';
import type { CommonFaultRule } from './fault-rules.js';
import { errorSummary } from './error-text.js';
import type { Faults } from './faults.js';
import { HttpError, parseJson, readBody, type Call, type Reply, type Route } from './http.js';
import type { RequestEntry, RequestLog } from './request-log.js';
import { Router } from './router.js';
import { sendReply } from './send-reply.js';

export interface ServerContext<Rule extends CommonFaultRule, Input> {
  routes: readonly Route[];
  faults: Faults<Rule, Input>;
  requests: RequestLog;
  /** Milliseconds added to every call, but for those with an access of their own. */
  latencyMs: () => number;
  /** Throws an `HttpError` for a call that may not be made. */
  admit: (route: Route, call: Call) => void;
  /** What faults do that only this product knows. */
  faultHooks: FaultHooks<Rule>;
  signal: AbortSignal;
}

/** The HTTP side: finds the route, lets faults happen, checks access, calls the handler, sends its reply. */
export class SandboxServer<Rule extends CommonFaultRule, Input> {
  private readonly product: Router;
  private control = new Router([]);
  private server: Server | undefined;
  private boundPort = 0;

  constructor(private readonly context: ServerContext<Rule, Input>) {
    this.product = new Router(context.routes);
  }

  /** The control API: kept apart from the product's routes. */
  useControl(routes: readonly Route[]): void {
    this.control = new Router(routes);
  }

  get port(): number {
    return this.boundPort;
  }

  async listen(host: string, port: number): Promise<void> {
    const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 0 }, (request, response) => {
      this.serve(request, response).catch(() => {
        // Everything that can be answered has been: what is left is a connection that broke.
        response.destroy();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    // Listening on TCP: the address is not a pipe's name.
    this.boundPort = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Refuses new connections and cuts the open ones. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The host does not matter here: it only completes the path to a URL.
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const method = request.method ?? 'GET';
    const isControl = url.pathname.startsWith('/_sandbox/');
    const match = (isControl ? this.control : this.product).match(method, url.pathname);
    if (match === undefined || match === 'wrongMethod') {
      const status = match === undefined ? 404 : 405;
      return sendReply(response, {
        kind: 'json',
        status,
        body: { error: status === 404 ? 'Not found' : 'Method not allowed' },
      });
    }
    const { route, params } = match;
    const call: Call = { request, response, method, url, params, route: route.name, body: {} };
    if (isControl) return sendReply(response, await this.answer(route, call));
    await this.serveProduct(route, call);
  }

  private async serveProduct(route: Route, call: Call): Promise<void> {
    const { requests } = this.context;
    const entry = requests.begin(call.route, call.method, call.url.pathname);
    const started = performance.now();
    call.response.once('close', () => {
      entry.durationMs = Math.round(performance.now() - started);
      entry.status = call.response.writableFinished ? call.response.statusCode : null;
    });
    try {
      await this.serveCounted(route, call, entry);
    } finally {
      requests.end();
    }
  }

  private async serveCounted(route: Route, call: Call, entry: RequestEntry): Promise<void> {
    const { faults, faultHooks, signal, latencyMs } = this.context;
    if (latencyMs() > 0 && route.access !== 'signed') await sleep(latencyMs(), undefined, { signal });
    const refusal = await this.readJson(route, call);
    const fault = faults.pick(call);
    if (fault === undefined) return sendReply(call.response, refusal ?? (await this.answer(route, call)));
    call.fault = fault;
    entry.fault = fault.kind;
    const tools: FaultTools<Rule> = {
      ...faultHooks,
      record: (workStatus) => faults.record(call, fault, workStatus),
      signal,
    };
    const instead = await beforeWork(call, fault, tools);
    if (instead === 'gone') return;
    if (instead !== 'work') return sendReply(call.response, instead);
    await afterWork(call, fault, refusal ?? (await this.answer(route, call)), tools);
  }

  /** Bodies are read before faults are picked: a fault may be meant for the calls about one table. */
  private async readJson(route: Route, call: Call): Promise<Reply | undefined> {
    if (route.access !== 'signedIn' || call.method === 'GET') return undefined;
    try {
      call.body = parseJson(await readBody(call.request));
      return undefined;
    } catch (error) {
      return errorReply(error);
    }
  }

  private async answer(route: Route, call: Call): Promise<Reply> {
    try {
      this.context.admit(route, call);
      return await route.handler(call);
    } catch (error) {
      return errorReply(error);
    }
  }
}

function errorReply(error: unknown): Reply {
  if (error instanceof HttpError) return error.toReply();
  return { kind: 'json', status: 500, body: { error: 'Internal error', errors: [errorSummary(error)] } };
}
