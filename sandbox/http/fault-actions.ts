import { setTimeout as sleep } from 'node:timers/promises';
import type { CommonFaultRule } from './fault-rules.js';
import type { Call, Reply } from './http.js';
import { sendReply, sendThenReset, sendTrickling, sendTruncated } from './send-reply.js';

/** What faults do that only the product knows. */
export interface FaultHooks<Rule extends CommonFaultRule> {
  /** The reply that takes the place of the work; undefined where the common one does, or the work is to be done. */
  instead?: (call: Call, fault: Rule) => Reply | undefined;
  /** Reads as much of a body as the fault lets pass; whether the connection is to be cut then. */
  cutsRequest?: (call: Call, fault: Rule) => Promise<boolean>;
  /** What becomes of the reply that the work has earned. */
  alter?: (call: Call, fault: Rule, reply: Reply) => Reply;
}

export interface FaultTools<Rule extends CommonFaultRule> extends FaultHooks<Rule> {
  record: (workStatus: number | null) => void;
  signal: AbortSignal;
}

/** What takes the place of the work. Returns `work` when the work is to be done after all. */
export async function beforeWork<Rule extends CommonFaultRule>(
  call: Call,
  fault: Rule,
  tools: FaultTools<Rule>,
): Promise<Reply | 'work' | 'gone'> {
  switch (fault.kind) {
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
      if ((await tools.cutsRequest?.(call, fault)) !== true) return 'work';
      tools.record(null);
      call.request.socket.resetAndDestroy();
      return 'gone';
    default: {
      const reply = tools.instead?.(call, fault) ?? replacement(fault);
      if (reply === undefined) return 'work';
      tools.record(null);
      return reply;
    }
  }
}

/** Sends what the work has earned, as the fault has it. */
export async function afterWork<Rule extends CommonFaultRule>(
  call: Call,
  fault: Rule,
  reply: Reply,
  tools: FaultTools<Rule>,
): Promise<void> {
  const { response } = call;
  // A slow call was recorded when it began.
  if (fault.kind !== 'slow') tools.record(reply.status);
  switch (fault.kind) {
    case 'lostReply':
      call.request.socket.resetAndDestroy();
      return;
    case 'resetMidBody':
      return sendThenReset(response, reply, fault.afterBytes);
    case 'truncated':
      return sendTruncated(response, reply, fault.afterBytes);
    case 'trickle':
      return sendTrickling(response, reply, fault.bytesPerSecond, tools.signal);
    default:
      return sendReply(response, tools.alter?.(call, fault, reply) ?? reply);
  }
}

function replacement(fault: CommonFaultRule): Reply | undefined {
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  switch (fault.kind) {
    case 'noContent':
      return { kind: 'empty', status: 204 };
    case 'notJson':
      return { kind: 'text', status: 200, body: '<html><body>Maintenance</body></html>', contentType: 'text/html' };
    case 'wrongShape':
      return { kind: 'json', status: 200, body: { unexpected: ['shape'] } };
    case 'status': {
      const message = forcedMessage(fault);
      if (fault.body !== 'json') {
        const body = fault.body === 'none' ? '' : message;
        return { kind: 'text', status: fault.status, body, contentType: 'text/plain', headers };
      }
      return { kind: 'json', status: fault.status, body: { error: message, errors: [message] }, headers };
    }
    default:
      return undefined;
  }
}

/** What a `status` fault says. */
export const forcedMessage = ({ message, status }: CommonFaultRule): string => message ?? `Forced ${status}`;

/** Never answers; ends when the client has given up. */
async function untilGone(call: Call, signal: AbortSignal): Promise<void> {
  if (call.response.destroyed || signal.aborted) return;
  await new Promise<void>((resolve) => {
    call.response.once('close', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
