import { TidemarkError, type ErrorInfo } from '../../contracts/errors.js';
import { counted } from '../../contracts/readable.js';
import { connectTemporal, temporalTarget } from '../../workers/client/index.js';
import { loadConfig } from '../../workers/config/index.js';
import { closeConnections, openConnections, type TableStore } from '../../workers/index.js';
import { withClosers, type Closers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { print, printJson } from '../output.js';
import { configFile } from '../temporal.js';
import { checkSearchAttributes } from './check-search-attributes.js';
import { embeddedOfDev } from './worker.js';

interface Check {
  name: string;
  /** What was tried. */
  kind: string;
  ok: boolean;
  /** What was found. */
  found?: string;
  error?: ErrorInfo;
}

/** Longest time for one system, in milliseconds. */
const PATIENCE_MS = 30_000;
const MAX_NAMES = 8;

export interface CheckOptions {
  /** Registers the search attributes that the namespace lacks. */
  setup: boolean;
}

export const action: Action<CheckOptions> = ({ options }) =>
  withClosers(async (closers) => {
    const embedded = await embeddedOfDev(options);
    const { config, file, folder } = await loadConfig({ ...configFile(options), ...embedded });
    const connections = openConnections(config);
    closers.add(() => closeConnections(connections));
    const temporal = attempt('temporal', 'Temporal', () => checkTemporal(config.temporal, folder, closers));
    const attributes = () =>
      attempt('search attributes', 'Temporal', () => checkSearchAttributes(config.temporal, folder, options.setup));
    const tried = [
      temporal,
      // Where Temporal does not answer, that is said once.
      temporal.then(async ({ ok }) => (ok ? await attributes() : undefined)),
      ...Object.entries(connections.titanrdm).map(([name, { client }]) =>
        attempt(name, 'TitanRDM', async (signal) => {
          await client.authenticate({ signal });
          const names = (await client.listBranches({ signal })).map((branch) => branch.name);
          return `signed in; ${listed('branches', names)}`;
        }),
      ),
      ...Object.entries(connections.ams).map(([name, client]) =>
        attempt(name, 'AMS', async (signal) => {
          await client.check({ signal });
          return `signed in; ${counted((await client.users({ signal })).length, 'user')} in sight`;
        }),
      ),
      ...Object.entries(connections.databases).map(([name, { client }]) =>
        attempt(name, 'PostgreSQL', async (signal) => {
          const { version } = await client.check({ signal });
          return `version ${version}; ${await tablesOf(connections.stores[name])}`;
        }),
      ),
      ...Object.entries(connections.stores)
        .filter(([name]) => !Object.hasOwn(connections.databases, name))
        .map(([name, store]) => attempt(name, 'tables', () => tablesOf(store))),
    ];
    const checks = (await Promise.all(tried)).filter((check) => check !== undefined);
    const ok = checks.every((check) => check.ok);
    if (options.json) printJson({ ok, file, checks });
    else print([file, ...checks.map(line)].join('\n'));
    return ok ? EXIT.ok : EXIT.failed;
  });

const line = ({ ok, name, kind, found, error }: Check) =>
  `${ok ? '✔' : '✘'} ${name} (${kind}): ${found ?? error?.message ?? ''}`;

async function tablesOf(store: TableStore | undefined): Promise<string> {
  await store?.check();
  return listed('tables', (await store?.list()) ?? []);
}

/** `3 tables: a, b, c` */
function listed(what: string, names: readonly string[]): string {
  const shown = [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? ['…'] : [])];
  return `${names.length} ${what}${shown.length === 0 ? '' : `: ${shown.join(', ')}`}`;
}

async function attempt(name: string, kind: string, look: (signal: AbortSignal) => Promise<string>): Promise<Check> {
  try {
    return { name, kind, ok: true, found: await look(AbortSignal.timeout(PATIENCE_MS)) };
  } catch (error) {
    if (error instanceof TidemarkError) return { name, kind, ok: false, error: error.toInfo() };
    const message = error instanceof Error ? error.message : String(error);
    const late = error instanceof Error && error.name === 'TimeoutError';
    return {
      name,
      kind,
      ok: false,
      error: {
        code: 'UNEXPECTED',
        message: late ? `no answer within ${PATIENCE_MS / 1_000} s` : message,
        retryable: false,
      },
    };
  }
}

async function checkTemporal(
  config: Parameters<typeof temporalTarget>[0],
  folder: string,
  closers: Closers,
): Promise<string> {
  const target = await temporalTarget(config, { folder });
  const temporal = await connectTemporal(target);
  closers.add(() => temporal.close());
  const { address, namespace, taskQueue, webUi } = target;
  const { pollers } = await temporal.client.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
  });
  const count = pollers.length;
  const workers =
    count === 0
      ? 'no worker polls it: start one with `tidemark worker`'
      : `${count} ${count === 1 ? 'worker polls' : 'workers poll'} it`;
  return `${address}, namespace ${namespace}, task queue ${taskQueue}: ${workers}${webUi === undefined ? '' : `; Web UI ${webUi}`}`;
}
