import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { startInOrder } from './in-order.js';
import type { TidemarkConfigInput } from '../contracts/config.js';
import { startDevServer } from '../workers/dev-server/index.js';
import { BRANCH, definitions } from './data/definitions.js';
import type { BareProgram } from './programs/bare.js';
import type { LimitProgram } from './programs/limit.js';
import { imageEnvironment } from './programs/image-environment.js';
import { startProgram } from './programs/program.js';
import type { SandboxProgram } from './programs/sandbox.js';
import type { WorkerProgram } from './programs/worker.js';
import type { Sample } from './rounds.js';
import { makeWorkFolder } from './work-folder.js';
import { bundleWorkflows } from './workflow-bundle.js';

/** Names of the connections in the benchmark's config. */
export const TENANT = 'tenant';
export const SOURCE = 'source';
export const RECEIVED = 'received';
export const BRANCH_SELECTOR = { name: BRANCH };

export interface SurroundingsOptions {
  /** Folder for everything that a run leaves until its end. */
  workFolder: string;
  /** Physical names of the sandbox's tables. */
  tables: readonly string[];
  /** Folder of the tables to upload. */
  sourceFolder: string;
  /** Added to each API call. */
  latencyMs?: number;
  /** How long an export takes at least. */
  exportDelayMs?: number;
  /** Options of the worker's Node, for instance to profile it. */
  workerOptions?: readonly string[];
}

/** The tenant as everybody sees it. */
export interface Tenant {
  url: string;
  clientId: string;
  clientSecret: string;
}

/** Everything around the contenders: a Temporal server, the sandbox, a worker, each a process of its own. */
export interface Surroundings {
  client: Client;
  taskQueue: string;
  tenant: Tenant;
  /** Resolves when the sandbox has nothing under way. */
  sandboxIdle: () => Promise<void>;
  workerPeakRssMegabytes: () => Promise<number>;
  /** Rejects when the worker dies: nobody would end its workflows. */
  workerFailed: Promise<never>;
  /** Runs the limit in a new process. */
  limit: (run: (program: ReturnType<typeof startProgram<LimitProgram>>) => Promise<Sample>) => Promise<Sample>;
  /** Runs the steps without Temporal in a new process. */
  bare: (run: (program: ReturnType<typeof startProgram<BareProgram>>) => Promise<Sample>) => Promise<Sample>;
  stop: () => Promise<void>;
}

const programUrl = (name: string): URL => new URL(`./programs/${name}.js`, import.meta.url);

export async function startSurroundings(options: SurroundingsOptions): Promise<Surroundings> {
  return startInOrder(async (onStop) => {
    const { folder, remove } = await makeWorkFolder(options.workFolder);
    onStop(remove);
    const server = await startDevServer();
    onStop(() => server.stop());

    const sandbox = startProgram<SandboxProgram>(programUrl('sandbox'));
    onStop(() => sandbox.stop());
    const { latencyMs, exportDelayMs } = options;
    const tenant = await sandbox.call('start', {
      ...definitions(options.tables),
      dataDirectory: folder,
      ...(latencyMs === undefined ? {} : { latencyMs }),
      ...(exportDelayMs === undefined ? {} : { exportDelayMs }),
    });

    const config = configOf(tenant, options.sourceFolder, folder);
    const taskQueue = `bench-${randomUUID()}`;
    const worker = startProgram<WorkerProgram>(programUrl('worker'), options.workerOptions, imageEnvironment());
    onStop(() => worker.stop());
    const bundlePath = await bundleWorkflows(folder);
    await worker.call('start', { address: server.address, namespace: server.namespace, taskQueue, config, bundlePath });

    const connection = await Connection.connect({ address: server.address });
    onStop(() => connection.close());
    return {
      client: new Client({ connection, namespace: server.namespace }),
      taskQueue,
      tenant,
      sandboxIdle: async () => sandbox.call('idle', undefined),
      workerPeakRssMegabytes: () => worker.call('peakRssMegabytes', undefined),
      workerFailed: worker.failed,
      limit: async (run) => {
        const program = startProgram<LimitProgram>(programUrl('limit'));
        return run(program).finally(() => program.stop());
      },
      bare: async (run) => {
        const program = startProgram<BareProgram>(programUrl('bare'), [], imageEnvironment());
        const started = program.call('start', { config }).then(() => run(program));
        return started.finally(() => program.stop());
      },
    };
  });
}

/** The documented limit of 100 MB a file is raised, as for a tenant that takes more: the benchmark's table is 188 MB. */
const MAX_FILE_BYTES = 100_000_000_000;

function configOf(tenant: Tenant, sourceFolder: string, folder: string): TidemarkConfigInput {
  return {
    version: 1,
    connections: {
      [TENANT]: { type: 'titanrdm', ...tenant, maxFileBytes: MAX_FILE_BYTES },
      [SOURCE]: { type: 'files', path: sourceFolder },
      [RECEIVED]: { type: 'files', path: path.join(folder, 'received') },
    },
    results: { folder: path.join(folder, 'results') },
  };
}
