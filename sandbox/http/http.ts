import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CommonFaultRule } from './fault-rules.js';

export type Json = Record<string, unknown>;

/** What a handler answers: it never touches the socket itself, so that a fault can alter or lose the reply. */
export type Reply =
  | { kind: 'json'; status: number; body: unknown; headers?: Record<string, string> }
  | { kind: 'text'; status: number; body: string; contentType: string; headers?: Record<string, string> }
  | { kind: 'empty'; status: number }
  | { kind: 'file'; status: 200; path: string; bytes: number; contentType: string };

/** One request on its way through the sandbox. */
export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  method: string;
  url: URL;
  params: Record<string, string>;
  /** Name of the route: `imports.new`, `exports.get`, ... */
  route: string;
  /** The JSON body; empty when there was none. */
  body: Json;
  /** The fault that befalls this call. Handlers look at those that change state; the server does the rest. */
  fault?: CommonFaultRule;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

export interface Route {
  name: string;
  method: string;
  /** `/api/imports/:id`; paths under `/api/v1/` are matched as `/api/`. */
  path: string;
  handler: Handler;
  /** `signedIn` needs a token or a session, and its body is JSON; `signed` checks its own signature; `open` needs nothing. */
  access: 'signedIn' | 'signed' | 'open';
  /** Refused by 402 while the account is overdue. */
  writes?: boolean;
}

/** An answer other than success, in the shape that the product documents, or a plain one. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors?: string[],
    readonly headers?: Record<string, string>,
  ) {
    super(message);
  }

  toReply(): Reply {
    return {
      kind: 'json',
      status: this.status,
      body: { error: this.message, ...(this.errors === undefined ? {} : { errors: this.errors }) },
      ...(this.headers === undefined ? {} : { headers: this.headers }),
    };
  }
}

export function json(body: unknown, status = 200): Reply {
  return { kind: 'json', status, body };
}

export function notFound(what: string): HttpError {
  return new HttpError(404, `${what} not found`);
}

/** Text of a field: undefined when absent, null or empty; numbers as their digits. Anything else is refused. */
export function optionalText(body: Json, field: string): string | undefined {
  const value = body[field];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new HttpError(422, 'Validation failed', [`${field} must be text`]);
}

export function requiredText(body: Json, field: string): string {
  const value = optionalText(body, field);
  if (value === undefined) throw new HttpError(422, 'Validation failed', [`${field} can't be blank`]);
  return value;
}

const MAX_JSON_BYTES = 16 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // An IncomingMessage without encoding yields buffers; its type says any.
    const buffer = chunk as Buffer;
    bytes += buffer.length;
    if (bytes > MAX_JSON_BYTES) throw new HttpError(413, 'The body is too large');
    chunks.push(buffer);
  }
  return Buffer.concat(chunks);
}

export function parseJson(body: Buffer): Json {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    // What the parser says would quote the body: the client learns that it is not JSON.
    throw new HttpError(400, 'The body is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new HttpError(400, 'The body must be a JSON object');
  }
  // Narrowed just above: an object that is no array.
  return parsed as Json;
}
