import { header } from '../http/reply.js';
import { amsError, type AmsErrorCode } from './errors.js';
import { parseReply } from './reply.js';
import { signedInSchema } from './schema.js';
import type { Sender } from './sender.js';

export interface Session {
  /** Secret: never logged, never stored. */
  token: string;
  /** The account's own id, which writes name as the one who enters them. */
  userId: number;
}

const SIGN_IN = 'POST v2/user/loginUser';

/** One sign-in. Errors: `AMS_AUTHENTICATION`, terminal, and the transient ones of any call. */
export async function signIn(sender: Sender, signal: AbortSignal): Promise<Session> {
  const { username, password, site, log } = sender.settings;
  const reply = await sender.send(
    {
      endpoint: 'v2/user/loginUser',
      what: SIGN_IN,
      // teamworksams 0.1.0 sends both; which of them counts is documented nowhere.
      headers: { authorization: `Basic ${sender.basic}` },
      json: { username, password, loginProperties: { appName: site, clientTime: localTime(new Date()) } },
    },
    signal,
  );
  const token = header(reply.headers, 'session-header') ?? '';
  if (token !== '') sender.redact.rememberToken(token);
  const { user } = parseReply(
    reply,
    { what: SIGN_IN, clean: (text) => sender.redact.text(text), codeOf },
    signedInSchema,
  );
  if (token === '') throw amsError('AMS_UNEXPECTED_REPLY', `The reply to ${SIGN_IN} has no session-header`);
  log?.({ level: 'debug', event: 'session', what: SIGN_IN });
  return { token, userId: user.id };
}

/** What is the end of a session elsewhere, or a record that is refused, is bad credentials here. */
function codeOf(code: AmsErrorCode): AmsErrorCode {
  return MEANS_CREDENTIALS.has(code) ? 'AMS_AUTHENTICATION' : code;
}

const MEANS_CREDENTIALS = new Set<AmsErrorCode>(['AMS_SESSION_ENDED', 'AMS_FORBIDDEN', 'AMS_REFUSED']);

/** Local time to the second, without an offset: what the login expects. */
function localTime(now: Date): string {
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
