import type { z } from 'zod';
import type { TidemarkError } from '../../contracts/errors.js';
import type { TitanErrorCode } from './error-codes.js';
import { serverMessage } from '../http/error-message.js';
import { codeOfStatus, didNothing, titanError } from './errors.js';
import type { HttpReply } from '../http/http.js';
import { askedDelay, describeIssues } from '../http/reply.js';
import type { Redactor } from '../http/redact.js';

/** A better code than the status alone would give, from what the call was and what the server said. */
export type CodeOf = (status: number, text: string) => TitanErrorCode | undefined;

export interface RefusedCall {
  what: string;
  /** A call that is not repeated when the server may have done it. */
  once: boolean;
  redact: Redactor;
  codeOf?: CodeOf | undefined;
}

/** The error of a reply that is not 2xx. */
export function refusal(reply: HttpReply, { what, once, redact, codeOf }: RefusedCall): TidemarkError {
  const { status } = reply;
  const wait = askedDelay(reply.headers);
  const text = redact.text(serverMessage(status, reply.body));
  const details = { httpStatus: status, retryAfterSeconds: wait };
  if (status < 400) {
    const mend = "The connection's url must be the address that answers itself, https included.";
    return titanError('TITAN_UNEXPECTED_REPLY', `${what} was answered with a redirect (${status})`, {
      ...details,
      mend,
    });
  }
  const better = codeOf?.(status, text);
  if (better !== undefined) return titanError(better, `${what} was answered with ${status}: ${text}`, details);
  if (once && (status >= 500 || status === 408) && status !== 501 && !didNothing(status, wait)) {
    return titanError('TITAN_UNKNOWN_OUTCOME', `${what} was answered with ${status}: ${text}`, details);
  }
  // 501: the server says that it cannot do this at all.
  const retryable = status === 501 ? false : undefined;
  return titanError(codeOfStatus(status), `${what} was answered with ${status}: ${text}`, { ...details, retryable });
}

/** The body of a 2xx, checked. An empty body is read as `{}` where `mayBeEmpty`. */
export function parseReply<T>(
  reply: HttpReply,
  call: {
    what: string;
    schema: z.ZodType<T>;
    mayBeEmpty: boolean;
    once: boolean;
    wrongShape?: TitanErrorCode | undefined;
  },
): T {
  const { what, schema } = call;
  let value: unknown;
  try {
    value = call.mayBeEmpty && reply.body.trim() === '' ? {} : JSON.parse(reply.body);
  } catch {
    // The parser's error quotes the body, which may hold a token or a signed address; that it is no JSON says enough.
    const shown = reply.body.trim() === '' ? 'is empty' : 'is not JSON';
    // A reply that was cut off says as little about what was done as one that never came.
    const code = call.once ? 'TITAN_UNKNOWN_OUTCOME' : 'TITAN_UNEXPECTED_REPLY';
    throw titanError(code, `The reply to ${what} ${shown} (${reply.status})`, { httpStatus: reply.status });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw titanError(
    call.wrongShape ?? 'TITAN_UNEXPECTED_REPLY',
    `The reply to ${what} has the wrong shape: ${describeIssues(result.error.issues)}`,
    {
      httpStatus: reply.status,
    },
  );
}
