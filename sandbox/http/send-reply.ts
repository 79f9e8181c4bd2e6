import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { Reply } from './http.js';

const READ_SIZE = 1024 * 1024;

interface Body {
  bytes: number;
  /** The bytes from the start up to `end` (exclusive). */
  open: (end: number) => Readable;
  headers: Record<string, string>;
}

function bodyOf(reply: Reply): Body {
  if (reply.kind === 'file') {
    const { path, bytes, contentType } = reply;
    const open = (end: number) =>
      end === 0 ? Readable.from([]) : createReadStream(path, { highWaterMark: READ_SIZE, end: end - 1 });
    return { bytes, open, headers: { 'content-type': contentType } };
  }
  if (reply.kind === 'empty') return { bytes: 0, open: () => Readable.from([]), headers: {} };
  const text = reply.kind === 'json' ? JSON.stringify(reply.body) : reply.body;
  const buffer = Buffer.from(text, 'utf8');
  const contentType = reply.kind === 'json' ? 'application/json; charset=utf-8' : reply.contentType;
  const open = (end: number) => Readable.from([buffer.subarray(0, end)]);
  return { bytes: buffer.length, open, headers: { 'content-type': contentType, ...reply.headers } };
}

function writeHead(response: ServerResponse, reply: Reply, headers: Record<string, string>, bytes: number): void {
  const length: Record<string, string> = reply.status === 204 ? {} : { 'content-length': String(bytes) };
  response.writeHead(reply.status, { ...headers, ...length });
}

/** Sends a reply as it is. A client that hangs up half-way is its own business. */
export async function sendReply(response: ServerResponse, reply: Reply): Promise<void> {
  const body = bodyOf(reply);
  writeHead(response, reply, body.headers, body.bytes);
  if (reply.kind !== 'file') {
    response.end(reply.kind === 'empty' ? undefined : body.open(body.bytes).read());
    return;
  }
  await pipeline(body.open(body.bytes), response).catch(() => {
    // The client has gone: there is nobody left to tell.
  });
}

/** Sends the first bytes of a reply as if they were all: well-formed HTTP, too short a file. */
export async function sendTruncated(response: ServerResponse, reply: Reply, afterBytes?: number): Promise<void> {
  const body = bodyOf(reply);
  const end = Math.min(body.bytes, afterBytes ?? Math.floor(body.bytes / 2));
  writeHead(response, reply, body.headers, end);
  await pipeline(body.open(end), response).catch(() => {
    // The client has gone: there is nobody left to tell.
  });
}

/** Announces the whole body, sends its first bytes, then resets the connection. */
export async function sendThenReset(response: ServerResponse, reply: Reply, afterBytes?: number): Promise<void> {
  const body = bodyOf(reply);
  const end = Math.min(Math.max(0, body.bytes - 1), afterBytes ?? Math.floor(body.bytes / 2));
  writeHead(response, reply, body.headers, body.bytes);
  response.flushHeaders();
  await pipeline(body.open(end), response, { end: false }).catch(() => {
    // The client has gone first: the connection is as broken as it was to be.
  });
  // Long enough for the bytes to leave: a reset throws away what still waits in the socket.
  await sleep(20);
  response.socket?.resetAndDestroy();
}

const TRICKLES_PER_SECOND = 20;

/** Sends the body a few bytes at a time. */
export async function sendTrickling(
  response: ServerResponse,
  reply: Reply,
  bytesPerSecond: number,
  signal: AbortSignal,
): Promise<void> {
  const body = bodyOf(reply);
  writeHead(response, reply, body.headers, body.bytes);
  const size = Math.max(1, Math.round(bytesPerSecond / TRICKLES_PER_SECOND));
  const pause = (1000 * size) / bytesPerSecond;
  for await (const chunk of body.open(body.bytes)) {
    // Streams of bodyOf yield buffers only; the type of a Readable says any.
    const buffer = chunk as Buffer;
    for (let at = 0; at < buffer.length; at += size) {
      if (response.destroyed || signal.aborted) return;
      response.write(buffer.subarray(at, at + size));
      await sleep(pause, undefined, { signal }).catch(() => {
        // The sandbox closes: the next turn of the loop ends it.
      });
    }
  }
  response.end();
}
