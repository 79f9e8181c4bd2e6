import type { z } from 'zod';
import { cutText, type TidemarkError } from '../../contracts/errors.js';
import { MAX_SERVER_TEXT, oneLine, serverMessage } from '../http/error-message.js';
import type { HttpReply } from '../http/http.js';
import { askedDelay, describeIssues, isSuccess } from '../http/reply.js';
import { amsError, type AmsErrorCode, codeOfStatus } from './errors.js';
import { codeOfWords, isFailure, type Said, saidBy } from './said.js';

/** How a call is told in errors. */
export interface Told {
  what: string;
  /** Takes out of a server's text what must not be seen. */
  clean: (text: string) => string;
  /** What a code that status or words give means for this call. */
  codeOf?: (code: AmsErrorCode) => AmsErrorCode;
}

/** Reads a reply by its shape alone. */
export function shaped<T>(schema: z.ZodType<T>): (reply: HttpReply, told: Told) => T {
  return (reply, told) => parseReply(reply, told, schema);
}

/** The JSON of a reply that is a success by its status, its state and its shape; everything else is thrown. */
export function parseReply<T>(reply: HttpReply, told: Told, schema: z.ZodType<T>): T {
  if (!isSuccess(reply.status)) throw refusal(reply, told);
  const value = jsonOf(reply, told);
  const said = saidBy(value);
  if (said.exception || (said.state !== undefined && isFailure(said.state))) throw failureInside(said, told);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // A reply such as {"error": "..."} in place of what was asked for.
  if (said.message !== undefined) throw failureInside(said, told);
  const text = `The reply to ${told.what} has the wrong shape: ${describeIssues(result.error.issues)}`;
  throw amsError('AMS_UNEXPECTED_REPLY', text, { httpStatus: reply.status });
}

/** The error of a reply of status 200 that says that nothing was done. */
export function failureInside(said: Said, { what, clean, codeOf = same }: Told): TidemarkError {
  // Cleaned first: the words of a value that is quoted mean nothing.
  const message = said.message === undefined ? undefined : clean(said.message);
  const parts = [said.state, message].filter((part) => part !== undefined);
  const text = cutText(oneLine(parts.join(': ')), MAX_SERVER_TEXT);
  const code = codeOf(codeOfWords({ ...said, message }));
  return amsError(code, `${what} was answered with 200, but: ${text}`, { httpStatus: 200 });
}

function refusal(reply: HttpReply, { what, clean, codeOf = same }: Told): TidemarkError {
  const { status } = reply;
  const details = { httpStatus: status, retryAfterSeconds: askedDelay(reply.headers) };
  if (status < 400) {
    const mend = "The connection's url must be the address that answers itself, https included.";
    return amsError('AMS_UNEXPECTED_REPLY', `${what} was answered with a redirect (${status})`, { ...details, mend });
  }
  const { state, message } = saidBy(parsed(reply.body));
  const text = clean(message ?? state ?? serverMessage(status, reply.body));
  // 501: the server says that it cannot do this at all.
  const retryable = status === 501 ? false : undefined;
  const shown = cutText(oneLine(text), MAX_SERVER_TEXT);
  const code = codeOf(codeOfStatus(status));
  return amsError(code, `${what} was answered with ${status}: ${shown}`, { ...details, retryable });
}

function jsonOf(reply: HttpReply, { what }: Told): unknown {
  const value = parsed(reply.body);
  if (value !== undefined) return value;
  // What it says instead is not told: the page of a proxy, or a reply that was cut off. Either may pass.
  const shown = reply.body.trim() === '' ? 'is empty' : 'is not JSON';
  throw amsError('AMS_UNEXPECTED_REPLY', `The reply to ${what} ${shown} (${reply.status})`, {
    httpStatus: reply.status,
    retryable: true,
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's error would quote the body.
    return undefined;
  }
}

const same = (code: AmsErrorCode): AmsErrorCode => code;
