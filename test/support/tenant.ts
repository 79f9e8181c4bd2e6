import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { TableStore } from '../../connectors/tables/index.js';
import { createStore } from '../../connectors/tables/index.js';
import type { TitanRdmClientOptions } from '../../connectors/titanrdm/index.js';
import { startTitanSandbox, type TitanSandbox, type TitanSandboxOptions } from '../../sandbox/titanrdm/index.js';
import { titanRdmPlugin } from '../../workers/plugins/titan-rdm-plugin.js';
import { watermarkPlugin } from '../../workers/plugins/watermark-plugin.js';
import { noteLogLine, noteSecrets } from './known-secrets.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './environment.js';

/** The domain that most tests use: two tables, the first with every awkward type. */
export const CUSTOMER_DOMAIN = {
  name: 'Customer',
  abbreviation: 'cust',
  tables: [
    {
      name: 'Customers',
      databaseTableName: 'customers',
      columns: [
        { name: 'code', dataType: 'varchar', primaryKey: true },
        { name: 'name', dataType: 'varchar' },
        { name: 'zip', dataType: 'varchar' },
      ],
    },
    {
      name: 'Regions',
      databaseTableName: 'regions',
      columns: [
        { name: 'id', dataType: 'integer', primaryKey: true },
        { name: 'label', dataType: 'varchar' },
      ],
    },
  ],
} as const satisfies NonNullable<TitanSandboxOptions['domains']>[number];

export interface Tenant {
  temporal: TemporalTestEnvironment;
  sandbox: TitanSandbox;
  /** Folder of the store `lake`. */
  lake: string;
  /** Folder of the store `landing`. */
  landing: string;
  /** Folder for the worker's temporary files: empty when nothing was left behind. */
  spool: string;
  results: string;
  put: (file: string, csv: string | Buffer) => Promise<void>;
  got: (file: string) => Promise<string>;
  /** Runs a workflow to its end on the tenant's worker. */
  execute: <R>(workflow: string, input: unknown) => Promise<R>;
  /** Starts one, for tests that do something to it meanwhile. */
  start: (workflow: string, input: unknown) => Promise<WorkflowHandle>;
  /** Shuts the worker down in an orderly way, whatever it is doing; then starts another one. */
  replaceWorker: () => Promise<void>;
  close: () => Promise<void>;
}

export interface TenantOptions {
  sandbox?: TitanSandboxOptions;
  client?: Partial<TitanRdmClientOptions>;
  worker?: Partial<WorkerOptions>;
  /** Another Temporal server than the test run's. */
  server?: { address: string; namespace: string };
  /** Connections and stores beside `tenant`, `lake` and `landing`, made from the tenant's own options and a folder that is removed. */
  more?: (
    own: TitanRdmClientOptions,
    folder: string,
  ) => { connections?: Record<string, TitanRdmClientOptions>; stores?: Record<string, TableStore> };
}

/** A sandbox, two stores of files and a worker's plugin on the test run's Temporal server. */
export async function openTenant(options: TenantOptions = {}): Promise<Tenant> {
  const temporal = await temporalTestEnvironment(options.server);
  const sandbox = await startTitanSandbox({ domains: [CUSTOMER_DOMAIN], exportDelayMs: 0, ...options.sandbox });
  const root = await mkdtemp(path.join(tmpdir(), 'tidemark-test-'));
  const [lake, landing, spool, results] = (await Promise.all(
    ['lake', 'landing', 'spool', 'results'].map(async (name) => {
      const folder = path.join(root, name);
      await mkdir(folder);
      return folder;
    }),
  )) as [string, string, string, string];
  const { url, clientId, clientSecret } = sandbox;
  const own: TitanRdmClientOptions = {
    url,
    clientId,
    clientSecret,
    retry: { limit: 3, firstDelayMs: 20, maxDelayMs: 200 },
    log: (entry) => noteLogLine(JSON.stringify(entry)),
    ...options.client,
  };
  const more = options.more?.(own, root);
  const stores: Record<string, TableStore> = {
    lake: createStore({ type: 'files', path: lake }),
    landing: createStore({ type: 'files', path: landing }),
    ...more?.stores,
  };
  const plugin = titanRdmPlugin({
    connections: { tenant: own, ...more?.connections },
    stores,
    results,
    spoolDirectory: spool,
  });
  const { client, taskQueue, namespace } = temporal;
  const startWorker = async (): Promise<() => Promise<void>> => {
    const worker = await Worker.create({
      connection: temporal.nativeConnection,
      namespace,
      taskQueue,
      workflowBundle: { codePath: temporal.bundlePath },
      plugins: [plugin, watermarkPlugin()],
      shutdownGraceTime: '2s',
      ...options.worker,
    });
    const running = worker.run();
    return () => {
      worker.shutdown();
      return running;
    };
  };
  let stopWorker = await startWorker();
  let runs = 0;
  const start = (workflow: string, input: unknown): Promise<WorkflowHandle> => {
    runs += 1;
    return client.workflow.start(workflow, {
      workflowId: `${workflow}-${taskQueue}-${runs}`,
      taskQueue,
      args: [input],
    });
  };

  return {
    temporal,
    sandbox,
    lake,
    landing,
    spool,
    results,
    put: (file, csv) => writeFile(path.join(lake, file), csv),
    got: (file) => readFile(path.join(landing, file), 'utf8'),
    start,
    // What a workflow returns is known by the caller, as with the client's own `execute`.
    execute: async <R>(workflow: string, input: unknown) => (await (await start(workflow, input)).result()) as R,
    replaceWorker: async () => {
      await stopWorker();
      stopWorker = await startWorker();
    },
    close: async () => {
      await stopWorker();
      await Promise.all(Object.values(stores).map((store) => store.close()));
      noteSecrets([clientSecret, ...sandbox.issuedTokens]);
      await sandbox.close();
      await temporal.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}
