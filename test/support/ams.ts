import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { AmsClient, type AmsClientOptions, type AmsLogEntry } from '../../connectors/ams/index.js';
import {
  amsSettingsSchema,
  startAmsSandbox,
  type AmsSandbox,
  type AmsSandboxOptions,
} from '../../sandbox/ams/index.js';
import { noteSecrets } from './known-secrets.js';

export const FORM = 'Athlete Profile';

export interface AmsSite {
  /** The same for all tests of a file: faults and settings are reset after each. */
  sandbox: AmsSandbox;
  /** What the clients of this test logged. */
  log: AmsLogEntry[];
  /** A client that tries again at once, closed at the end of the test. */
  client: (wishes?: Partial<AmsClientOptions>) => AmsClient;
  /** Id of one of the sandbox's users. */
  idOf: (username: string) => number;
  /** What is stored of a user in a form; undefined where there is no record. */
  stored: (userId: number, form?: string) => Record<string, string> | undefined;
  /** Calls of a route that this test has made. */
  calls: (route: string) => number;
}

/** Gives a test file a sandbox of AMS, and clients to it. */
export function amsSite(options: AmsSandboxOptions = {}): AmsSite {
  const clients: AmsClient[] = [];
  let sandbox: AmsSandbox | undefined;
  let from = 0;
  const site: AmsSite = {
    get sandbox() {
      if (sandbox === undefined) throw new Error('the sandbox runs only during tests');
      return sandbox;
    },
    log: [],
    client: (wishes = {}) => {
      const { url, username, password } = site.sandbox;
      const made = new AmsClient({
        url,
        username,
        password,
        retry: { limit: 3, firstDelayMs: 1, maxDelayMs: 5 },
        timeouts: { requestMs: 5_000 },
        log: (entry) => void site.log.push(entry),
        ...wishes,
      });
      clients.push(made);
      return made;
    },
    idOf: (username) => site.sandbox.users.find((user) => user.username === username)?.id ?? 0,
    stored: (userId, form = FORM) => site.sandbox.profiles(form).find((profile) => profile.userId === userId)?.values,
    calls: (route) => site.sandbox.requestLog.slice(from).filter((entry) => entry.route === route).length,
  };
  beforeAll(async () => {
    sandbox = await startAmsSandbox(options);
    noteSecrets([sandbox.password]);
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    site.log = [];
    site.sandbox.clearFaults();
    site.sandbox.configure({ ...amsSettingsSchema.parse({}), ...settingsOf(options) });
    site.sandbox.resetPeak();
    from = site.sandbox.requestLog.length;
    noteSecrets(site.sandbox.issuedSessions);
  });
  afterAll(async () => sandbox?.close());
  return site;
}

function settingsOf(options: AmsSandboxOptions): object {
  const names = Object.keys(amsSettingsSchema.shape);
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}
