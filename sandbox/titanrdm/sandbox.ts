import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Tokens } from './auth.js';
import { tablesOf } from './call-tables.js';
import { BackgroundJobs } from './background-jobs.js';
import { Catalog } from './catalog.js';
import { controlRoutes } from './control-routes.js';
import { DEMO_BRANCHES, DEMO_DOMAINS } from './demo-content.js';
import { Exports } from './export-routes.js';
import { Faults } from '../http/faults.js';
import { Imports } from './import-routes.js';
import { currentRows, recordVersions, tableState } from './inspection.js';
import { metadataRoutes } from './metadata-routes.js';
import { RequestLog } from '../http/request-log.js';
import { joined, serveSandbox, type RunningSandbox } from '../http/running-sandbox.js';
import { ServerClock } from './server-clock.js';
import { ChangeableSettings } from '../http/settings.js';
import { settingsSchema } from './settings.js';
import { SignedUrls } from './signed-files.js';
import { Storage } from './storage.js';
import type { TitanSandbox, TitanSandboxOptions } from './titan-sandbox.js';
import { HttpError, type Call, type Route } from '../http/http.js';
import { faultHooks } from './fault-hooks.js';
import { faultRuleSchema, type FaultRule, type FaultRuleInput } from './fault-rules.js';

/**
 * Starts a local server with TitanRDM's wire protocol, for demonstrations and for anyone's tests.
 * Errors: what listening throws (`EADDRINUSE`), and a `ZodError` for a definition or setting that is wrong.
 */
export async function startTitanSandbox(options: TitanSandboxOptions = {}): Promise<TitanSandbox> {
  const { port = 0, host = '127.0.0.1', branches, domains, dataDirectory, ...rest } = options;
  const { clientId = 'sandbox-client', clientSecret = randomBytes(18).toString('base64url'), ...first } = rest;
  const settings = new ChangeableSettings((given) => settingsSchema.parse(given), first);
  const { current } = settings;
  const catalog = new Catalog();
  for (const branch of branches ?? DEMO_BRANCHES) catalog.addBranch(branch);
  for (const domain of domains ?? DEMO_DOMAINS) catalog.addDomain(domain);

  const storage = await Storage.open(dataDirectory);
  const stopped = new AbortController();
  const { signal } = stopped;
  // Every call under way may wait on it.
  setMaxListeners(0, signal);
  const tokens = new Tokens(clientId, clientSecret, current);
  const jobs = new BackgroundJobs();
  const requests = new RequestLog();
  const shared = {
    catalog,
    storage,
    jobs,
    signal,
    settings: current,
    clock: new ServerClock(),
    urls: new SignedUrls(),
  };
  const imports = new Imports(shared);
  const exports = new Exports(shared);
  const faults = new Faults<FaultRule, FaultRuleInput>(
    (rule) => faultRuleSchema.parse(rule),
    ({ match: { table } }, call) => table === undefined || tablesOf(call, imports, exports, catalog).includes(table),
  );
  const routes: Route[] = [
    { name: 'token', method: 'POST', path: '/oauth/token', access: 'open', handler: (call) => tokens.issue(call) },
    ...metadataRoutes(catalog, current),
    ...imports.routes(),
    ...exports.routes(),
  ];
  const admit = (route: Route, call: Call): void => {
    if (route.access === 'signedIn') tokens.check(call);
    if (route.writes === true && current().accountOverdue) {
      throw new HttpError(402, 'Payment required', ['The account is overdue']);
    }
  };
  const { server, running } = await serveSandbox({
    ...{ port, host, settings, routes, faults, requests, admit, signal },
    faultHooks: faultHooks(tokens),
  }).catch(async (error: unknown) => {
    await storage.close();
    throw error;
  });

  let closing: Promise<void> | undefined;
  const close = async () => {
    stopped.abort();
    await server.stop();
    const stored = storage.close();
    await jobs.idle();
    await stored;
  };
  const own: Omit<TitanSandbox, keyof RunningSandbox<never, never, never>> = {
    url: `http://${host}:${server.port}`,
    clientId,
    clientSecret,
    close: () => (closing ??= close()),
    addBranch: (branch) => ({ id: catalog.addBranch(branch).id }),
    addDomain: (domain) => ({ id: catalog.addDomain(domain).id }),
    defineTable: (domain, table) =>
      catalog
        .addTable(domain, table)
        .map(({ id, key, branch, conventionKey }) => ({ id, key, branchId: branch.id, conventionKey })),
    rows: (table, { branch, limit } = {}) => currentRows(storage, catalog.table(table, branch), limit),
    versions: (table, key, { branch } = {}) => recordVersions(storage, catalog.table(table, branch), key),
    state: (table, { branch } = {}) => tableState(storage, catalog.table(table, branch)),
    states: () => Promise.all(catalog.tables.filter(({ stored }) => stored).map((table) => tableState(storage, table))),
    importStatuses: () => {
      const counts: Record<string, number> = {};
      for (const { status } of imports.imports) counts[status] = (counts[status] ?? 0) + 1;
      return counts;
    },
    idle: () => jobs.idle(),
    issuedTokens: tokens.issued,
    revokeTokens: () => tokens.revokeAll(),
  };
  const sandbox: TitanSandbox = joined(own, running);
  server.useControl(controlRoutes(sandbox, faults, requests));
  return sandbox;
}
