import type { Call, Handler, Json, Route } from '../http/http.js';
import type { Account, Directory } from './directory.js';
import type { Records } from './records.js';
import type { Sessions } from './sessions.js';
import type { AmsSandboxSettings } from './settings.js';

/** What the routes of one site share. */
export class AmsContext {
  private readonly callers = new WeakMap<Call, Account>();

  constructor(
    readonly site: string,
    readonly directory: Directory,
    readonly records: Records,
    readonly sessions: Sessions,
    readonly settings: () => AmsSandboxSettings,
  ) {}

  post(version: string, endpoint: string, handler: Handler, name = endpoint): Route {
    return { name, method: 'POST', path: `/${this.site}/api/${version}/${endpoint}`, handler, access: 'signedIn' };
  }

  get(version: string, endpoint: string, handler: Handler, name: string): Route {
    return { name, method: 'GET', path: `/${this.site}/api/${version}/${endpoint}`, handler, access: 'signedIn' };
  }

  /** Checks a call's session, once. */
  admit(call: Call): void {
    this.callers.set(call, this.sessions.accountOf(call));
  }

  accountOf(call: Call): Account {
    const account = this.callers.get(call);
    if (account === undefined) throw new Error(`${call.route} was not admitted`);
    return account;
  }

  seesId(account: Account, userId: number): boolean {
    const user = this.directory.users.get(userId);
    return user !== undefined && this.directory.sees(account, user);
  }

  /** The reply to a write, in the shape of the settings. */
  wrapped(reply: Json): Json {
    const { replyShape } = this.settings();
    return replyShape === 'top' ? reply : { [replyShape]: reply };
  }
}
