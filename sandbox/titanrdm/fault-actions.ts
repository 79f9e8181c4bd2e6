import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultRule } from './fault-rules.js';
import type { Call, Reply } from './http.js';
import { sendReply, sendThenReset, sendTrickling, sendTruncated } from './send-reply.js';
import { storeError } from './signed-files.js';

export interface FaultTools {
  record: (workStatus: number | null) => void;
  revokeTokens: () => void;
  signal: AbortSignal;
}

/** What takes the place of the work. Returns `work` when the work is to be done after all. */
export async function beforeWork(call: Call, fault: FaultRule, tools: FaultTools): Promise<Reply | 'work' | 'gone'> {
  switch (fault.kind) {
    case 'status':
    case 'unauthorized':
    case 'noContent':
    case 'notJson':
    case 'wrongShape':
      if (fault.kind === 'unauthorized' && fault.revokeTokens) tools.revokeTokens();
      tools.record(null);
      return replacement(call, fault);
    case 'reset':
      tools.record(null);
      call.request.socket.resetAndDestroy();
      return 'gone';
    case 'hang':
      tools.record(null);
      await untilGone(call, tools.signal);
      return 'gone';
    case 'slow':
      tools.record(null);
      await sleep(fault.delayMs, undefined, { signal: tools.signal });
      return 'work';
    case 'resetMidBody':
      if (call.route !== 'upload.put') return 'work';
      await readSome(call, fault.afterBytes);
      tools.record(null);
      call.request.socket.resetAndDestroy();
      return 'gone';
    case 'expiredUrl':
    case 'importFailed':
    case 'importNeverEnds':
    case 'exportFailed':
    case 'exportNeverEnds':
    case 'trickle':
    case 'lostReply':
    case 'truncated':
      return 'work';
  }
}

/** Sends what the work has earned, as the fault has it. */
export async function afterWork(call: Call, fault: FaultRule, reply: Reply, tools: FaultTools): Promise<void> {
  const { response } = call;
  switch (fault.kind) {
    case 'lostReply':
      tools.record(reply.status);
      call.request.socket.resetAndDestroy();
      return;
    case 'resetMidBody':
      tools.record(reply.status);
      return sendThenReset(response, reply, fault.afterBytes);
    case 'truncated':
      tools.record(reply.status);
      return sendTruncated(response, reply, fault.afterBytes);
    case 'trickle':
      tools.record(reply.status);
      return sendTrickling(response, reply, fault.bytesPerSecond, tools.signal);
    case 'expiredUrl':
    case 'importFailed':
    case 'importNeverEnds':
    case 'exportFailed':
    case 'exportNeverEnds':
      tools.record(reply.status);
      return sendReply(response, reply);
    default:
      return sendReply(response, reply);
  }
}

function replacement(call: Call, fault: FaultRule): Reply {
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  switch (fault.kind) {
    case 'noContent':
      return { kind: 'empty', status: 204 };
    case 'notJson':
      return { kind: 'text', status: 200, body: '<html><body>Maintenance</body></html>', contentType: 'text/html' };
    case 'wrongShape':
      return { kind: 'json', status: 200, body: { unexpected: ['shape'] } };
    case 'unauthorized':
      return { kind: 'json', status: 401, body: { error: 'The access token is invalid' } };
    default: {
      const message = fault.message ?? `Forced ${fault.status}`;
      if (fault.body === 'none') {
        return { kind: 'text', status: fault.status, body: '', contentType: 'text/plain', headers };
      }
      if (fault.body === 'text') {
        return { kind: 'text', status: fault.status, body: message, contentType: 'text/plain', headers };
      }
      if (call.route === 'upload.put' || call.route === 'download.get') return storeError(fault.status, message);
      return { kind: 'json', status: fault.status, body: { error: message, errors: [message] }, headers };
    }
  }
}

/** Never answers; ends when the client has given up. */
async function untilGone(call: Call, signal: AbortSignal): Promise<void> {
  if (call.response.destroyed || signal.aborted) return;
  await new Promise<void>((resolve) => {
    call.response.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Reads about half of the body (or `afterBytes`) and leaves the rest unread. */
async function readSome(call: Call, afterBytes?: number): Promise<void> {
  const announced = Number(call.request.headers['content-length'] ?? 0);
  const wanted = afterBytes ?? Math.floor(announced / 2);
  let read = 0;
  if (wanted === 0) return;
  await new Promise<void>((resolve) => {
    call.request.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read < wanted) return;
      call.request.pause();
      resolve();
    });
    call.request.once('end', resolve);
    call.request.once('close', resolve);
  });
}
