import { randomBytes } from 'node:crypto';
import { HttpError, json, parseJson, readBody, type Call, type Json, type Reply } from '../http/http.js';
import type { Account, Directory } from './directory.js';
import type { AmsSandboxSettings } from './settings.js';

interface Session {
  account: Account;
  endsAt: number;
  calls: number;
}

/** A call in a session that is none, or no longer. */
class SessionOver extends HttpError {
  constructor(private readonly reply: Reply) {
    super(401, 'Unauthorized');
  }

  override toReply(): Reply {
    return this.reply;
  }
}

/** Usernames and passwords in, sessions out (fact sheet, section 2). */
export class Sessions {
  /** Every session ever made, the ended ones too: whoever searches logs for secrets has to know them. */
  readonly issued: string[] = [];
  private readonly open = new Map<string, Session>();

  constructor(
    private readonly directory: Directory,
    private readonly site: string,
    private readonly settings: () => AmsSandboxSettings,
  ) {}

  /** `POST v2/user/loginUser`: the credentials are those of the body; basic ones beside them are not looked at. */
  async signIn({ request }: Call): Promise<Reply> {
    const body = parseJson(await readBody(request));
    const properties = body['loginProperties'];
    const appName: unknown =
      typeof properties === 'object' && properties !== null && Reflect.get(properties, 'appName');
    const account = this.directory.accounts.find(({ username }) => username === body['username']);
    if (account?.password !== body['password'] || account === undefined || appName !== this.site) {
      return this.refused('Invalid username or password');
    }
    const token = newToken();
    this.issued.push(token);
    this.open.set(token, { account, endsAt: Date.now() + this.settings().sessionTtlSeconds * 1_000, calls: 0 });
    return {
      kind: 'json',
      status: 200,
      body: { user: { id: account.id, username: account.username }, applicationId: 1 },
      headers: { 'session-header': token, 'set-cookie': `JSESSIONID=${token}; Path=/; HttpOnly` },
    };
  }

  private refused(message: string): Reply {
    const { badCredentials } = this.settings();
    if (badCredentials === '401') throw new HttpError(401, message);
    const headers = badCredentials === 'exception' ? {} : { 'session-header': newToken() };
    return { kind: 'json', status: 200, body: exception(message), headers };
  }

  /** The account that makes a call, by the header or the cookie. Throws how an ended session is told. */
  accountOf({ request }: Call): Account {
    const header = request.headers['session-header'];
    const cookie = /(?:^|;\s*)JSESSIONID=([^;\s]+)/u.exec(request.headers.cookie ?? '')?.[1];
    const token = typeof header === 'string' ? header : cookie;
    const session = token === undefined ? undefined : this.open.get(token);
    if (session === undefined) throw new SessionOver(this.overReply());
    const { callsPerSession } = this.settings();
    session.calls += 1;
    if (session.endsAt <= Date.now() || (callsPerSession > 0 && session.calls > callsPerSession)) {
      throw new SessionOver(this.overReply());
    }
    return session.account;
  }

  endAll(): void {
    this.open.clear();
  }

  /** How an ended session is told. */
  overReply(): Reply {
    const { endedSession } = this.settings();
    if (endedSession === 'state') return json({ state: 'SESSION_EXPIRED', message: 'Your session has expired' });
    if (endedSession === 'exception') return json(exception('The session has expired, please log in again'));
    return new HttpError(401, 'Unauthorized').toReply();
  }
}

const newToken = (): string => randomBytes(24).toString('hex').toUpperCase();

/** What the product sends in place of a reply when a call throws in it. */
export function exception(detailMessage: string, type = 'java.lang.RuntimeException'): Json {
  return { __is_rpc_exception__: true, type, value: { detailMessage, cause: null } };
}
