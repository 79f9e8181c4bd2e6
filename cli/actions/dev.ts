import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { Logger } from 'pino';
import { DEFAULT_TASK_QUEUE, type TidemarkConfig } from '../../contracts/config.js';
import { announceLocalServer, temporalTarget, type TemporalTarget } from '../../workers/client/index.js';
import { findConfig, loadConfig, type Loaded } from '../../workers/config/index.js';
import { typedSearchAttributes } from '../../workers/index.js';
import { startDevServer, startPostgres, type PostgresServer } from '../../workers/dev-server/index.js';
import type { AmsSandbox } from '../../sandbox/ams/index.js';
import type { TitanSandbox } from '../../sandbox/titanrdm/index.js';
import { withClosers, type Closers } from '../closers.js';
import type { Action } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { installTemporalRuntime } from '../temporal-runtime.js';
import { note, print, printJson } from '../output.js';
import { accessOf, amsAccessOf, startLocalAms, startSandbox } from '../sandbox.js';
import { untilSignal } from '../signals.js';
import { configFile } from '../temporal.js';
import { runWorker } from '../worker-process.js';

export interface DevOptions {
  sandbox: boolean;
  port: number;
  uiPort: number;
  db?: string;
}

export const action: Action<DevOptions> = ({ options, log }) =>
  withClosers(async (closers) => {
    installTemporalRuntime(log);
    const file = await findConfig(configFile(options));
    let sandbox: TitanSandbox | undefined;
    const start = async ({ definitions }: { definitions?: string | undefined }) => {
      const started = await startSandbox({ definitions });
      closers.add(() => started.close());
      sandbox = started;
      return accessOf(started);
    };
    let site: AmsSandbox | undefined;
    const ams = async ({ definitions }: { definitions?: string | undefined }) => {
      const started = await startLocalAms({ definitions });
      closers.add(() => started.close());
      site = started;
      return amsAccessOf(started);
    };
    let database: PostgresServer | undefined;
    const postgres = async ({ dataFolder }: { dataFolder: string }) => {
      database = await startPostgres({ dataFolder, log: (line) => log.debug(line) });
      closers.add(database.stop);
      return database.access;
    };
    const loaded = file === undefined ? undefined : await loadConfig({ file, sandbox: start, ams, postgres });
    if (options.sandbox && sandbox === undefined) await start(loaded?.config.sandbox ?? {});
    if (options.sandbox && site === undefined) await ams(loaded?.config.sandbox ?? {});
    const folder = loaded?.folder ?? process.cwd();
    const target = await startTemporal(options, loaded, folder, log, closers);
    const access = {
      ...(sandbox === undefined ? {} : { sandbox: accessOf(sandbox) }),
      ...(site === undefined ? {} : { ams: amsAccessOf(site) }),
      ...(database === undefined ? {} : { postgres: database.access }),
    };
    const { address, namespace, webUi, taskQueue } = target;
    const ui = webUi === undefined ? {} : { webUi };
    closers.add(await announceLocalServer(folder, { address, namespace, pid: process.pid, ...ui, ...access }));

    const ready = () => {
      const titanrdm = access.sandbox === undefined ? {} : { titanrdm: access.sandbox };
      if (options.json)
        printJson({
          temporal: { address, namespace, taskQueue, ...ui },
          ...titanrdm,
          ...(access.ams === undefined ? {} : { ams: access.ams }),
          ...(access.postgres === undefined ? {} : { postgres: access.postgres }),
          config: loaded?.file ?? null,
        });
      else print(describe(target, loaded, access, database));
    };
    if (loaded === undefined) {
      ready();
      await untilSignal();
    } else await runWorker(loaded.config, target, log, ready);
    note('Stopping.');
    return EXIT.ok;
  });

async function startTemporal(
  options: DevOptions,
  loaded: Loaded<TidemarkConfig> | undefined,
  folder: string,
  log: Logger,
  closers: Closers,
): Promise<TemporalTarget> {
  const temporal = loaded?.config.temporal ?? { taskQueue: DEFAULT_TASK_QUEUE };
  if (temporal.address !== undefined || temporal.profile !== undefined) return temporalTarget(temporal, { folder });
  const db = options.db === undefined ? undefined : resolve(options.db);
  if (db !== undefined) await mkdir(dirname(db), { recursive: true });
  const server = await startDevServer({
    port: options.port !== 0 ? options.port : await unlessTaken(7233),
    uiPort: options.uiPort !== 0 ? options.uiPort : await unlessTaken(8233),
    ...(temporal.namespace === undefined ? {} : { namespace: temporal.namespace }),
    ...(db === undefined ? {} : { dbFile: db }),
    searchAttributes: typedSearchAttributes(),
    log: (line) => log.debug(line),
  });
  closers.add(server.stop);
  return {
    address: server.address,
    namespace: server.namespace,
    taskQueue: temporal.taskQueue,
    connectionOptions: server.connectionOptions,
    webUi: temporal.webUi ?? server.webUiUrl,
    from: '`tidemark dev`',
  };
}

function describe(
  target: TemporalTarget,
  loaded: Loaded<TidemarkConfig> | undefined,
  { sandbox, ams }: { sandbox?: { url: string }; ams?: { url: string } },
  database: PostgresServer | undefined,
): string {
  const pipelines = Object.keys(loaded?.config.pipelines ?? {});
  return [
    `Web UI      ${target.webUi ?? '(address not known)'}`,
    `Temporal    ${target.address}, namespace ${target.namespace}`,
    ...(sandbox === undefined ? [] : [`TitanRDM    ${sandbox.url} (sandbox; --json prints its credentials)`]),
    ...(ams === undefined ? [] : [`AMS         ${ams.url} (sandbox; --json prints its credentials)`]),
    ...(database === undefined
      ? []
      : [
          `PostgreSQL  ${database.access.url} (${database.version}, data in ${database.dataFolder}; --json prints its credentials)`,
        ]),
    loaded === undefined
      ? 'Worker      none: there is no tidemark.yaml here or above'
      : `Worker      task queue ${target.taskQueue}, config ${loaded.file}`,
    ...(pipelines.length === 0
      ? []
      : [`Pipelines   ${pipelines.join(', ')}`, `            start one: tidemark run ${pipelines[0] ?? ''} --wait`]),
    'Ctrl-C stops everything.',
  ].join('\n');
}

/** The port by which everybody knows it, when it is free; else 0, for any. */
async function unlessTaken(port: number): Promise<number> {
  return new Promise((resolvePort) => {
    const probe = createServer();
    probe.once('error', () => resolvePort(0));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolvePort(port)));
  });
}
