import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Faults } from '../http/faults.js';
import type { Call, Route } from '../http/http.js';
import { RequestLog } from '../http/request-log.js';
import { joined, serveSandbox, type RunningSandbox } from '../http/running-sandbox.js';
import { ChangeableSettings } from '../http/settings.js';
import type { AmsSandbox, AmsSandboxOptions } from './ams-sandbox.js';
import { AmsContext } from './context.js';
import { controlRoutes } from './control-routes.js';
import { DEMO_FORMS, DEMO_USERS } from './demo-content.js';
import { Directory } from './directory.js';
import { eventRoutes } from './event-routes.js';
import { faultHooks } from './fault-hooks.js';
import { amsFaultRuleSchema, type AmsFaultRule, type AmsFaultRuleInput } from './fault-rules.js';
import { formRoutes } from './form-routes.js';
import { numberAt, profileRoutes } from './profile-routes.js';
import { RateLimit } from './rate-limit.js';
import { Records } from './records.js';
import { SentCalls } from './sent-calls.js';
import { Sessions } from './sessions.js';
import { amsSettingsSchema } from './settings.js';
import { storedProfiles, writeUnchecked } from './inspection.js';
import { userRoutes } from './user-routes.js';

/**
 * Starts a local server with Teamworks AMS's wire protocol, for demonstrations and for anyone's tests.
 * Errors: what listening throws (`EADDRINUSE`), and a `ZodError` for a definition or setting that is wrong.
 */
export async function startAmsSandbox(options: AmsSandboxOptions = {}): Promise<AmsSandbox> {
  const { port = 0, host = '127.0.0.1', site = 'demo', forms = DEMO_FORMS, users = DEMO_USERS, ...rest } = options;
  const { username = 'sandbox', password = randomBytes(18).toString('base64url'), ...first } = rest;
  const settings = new ChangeableSettings((given) => amsSettingsSchema.parse(given), first);
  const { current } = settings;
  const directory = new Directory();
  for (const form of forms) directory.addForm(form);
  for (const user of users) directory.addUser(user);
  directory.addAccount({ username, password });

  const stopped = new AbortController();
  const { signal } = stopped;
  // Every call under way may wait on it.
  setMaxListeners(0, signal);
  const records = new Records();
  const sessions = new Sessions(directory, site, current);
  const context = new AmsContext(site, directory, records, sessions, current);
  const requests = new RequestLog();
  const sent = new SentCalls();
  const rateLimit = new RateLimit(current);
  const faults = new Faults<AmsFaultRule, AmsFaultRuleInput>(
    (rule) => amsFaultRuleSchema.parse(rule),
    ({ match: { userId } }, { body }) => userId === undefined || numberAt(body['userId'], 'userId') === userId,
  );
  const login = context.post('v2', 'user/loginUser', (call) => sessions.signIn(call), 'login');
  const routes: Route[] = [
    { ...login, access: 'open' },
    ...formRoutes(context),
    ...userRoutes(context),
    ...profileRoutes(context),
    ...eventRoutes(context),
  ];
  const admit = (route: Route, call: Call): void => {
    rateLimit.check(requests.underWay);
    if (route.access !== 'signedIn') return;
    sent.add(call);
    context.admit(call);
  };
  const { server, running } = await serveSandbox({
    ...{ port, host, settings, routes, faults, requests, admit, signal },
    faultHooks: faultHooks(sessions),
  });

  let closing: Promise<void> | undefined;
  const own: Omit<AmsSandbox, keyof RunningSandbox<never, never, never>> = {
    url: `http://${host}:${server.port}/${site}`,
    username,
    password,
    close: () => {
      stopped.abort();
      return (closing ??= server.stop());
    },
    addForm: (form) => ({ id: directory.addForm(form).id }),
    addUser: (user) => ({ id: directory.addUser(user).id }),
    addAccount: (account) => ({ id: directory.addAccount(account).id }),
    get users() {
      return [...directory.users.values()].map(({ groups: _groups, ...user }) => user);
    },
    profiles: (form) => storedProfiles(directory, records, form),
    putProfile: (form, userId, values) => writeUnchecked(directory, records, form, userId, values),
    sentCalls: sent.entries,
    get peakInFlight() {
      return requests.mostUnderWay;
    },
    resetPeak: () => {
      requests.mostUnderWay = requests.underWay;
    },
    issuedSessions: sessions.issued,
    endSessions: () => sessions.endAll(),
  };
  const sandbox: AmsSandbox = joined(own, running);
  server.useControl(controlRoutes(sandbox, faults, requests));
  return sandbox;
}
