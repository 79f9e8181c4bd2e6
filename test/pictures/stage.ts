import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { NativeConnection } from '@temporalio/worker';
import type { TidemarkConfig } from '../../contracts/config.js';
import { startTitanSandbox, type TitanSandbox } from '../../sandbox/titanrdm/index.js';
import {
  applySchedules,
  connectTemporal,
  planSchedules,
  projectOf,
  type TemporalClient,
} from '../../workers/client/index.js';
import { loadConfig } from '../../workers/config/index.js';
import { startDevServer } from '../../workers/dev-server/index.js';
import { createTidemarkWorker } from '../../workers/index.js';
import { typedSearchAttributes } from '../../workers/operations/search-attributes.js';
import { makeGeography } from './geography.js';

/** What the pictures are taken of, and what the test of a pipeline looks at: a project as a user has it, on a server of its own. */
export interface Stage {
  temporal: TemporalClient;
  config: TidemarkConfig;
  sandbox: TitanSandbox;
  /** Folder of the store `data`, which is uploaded. */
  data: string;
  /** Folder of the store `changes`, empty at first. */
  changes: string;
  webUi: string;
  /** Makes the Schedules of the config, as `tidemark apply` does. */
  apply: () => Promise<void>;
  close: () => Promise<void>;
}

const CONFIG = (url: string): string => `version: 1
temporal: { taskQueue: reference-data }
connections:
  titan: { type: titanrdm, url: '${url}', clientId: '\${TITAN_ID}', clientSecret: '\${TITAN_SECRET}' }
  data: { type: files, path: data }
  changes: { type: files, path: changes }
  landing: { type: files, path: landing }
pipelines:
  geography-up:
    description: All tables of Geography into TitanRDM
    workflow: titanConventionUpload
    input: { connection: titan, branch: { name: main }, domain: Geography, store: data, concurrency: 2, poll: { intervalSeconds: 1 } }
  geography-down:
    description: Changes of Geography from TitanRDM, every night
    workflow: titanConventionDownload
    input:
      connection: titan
      branch: { name: main }
      domain: Geography
      store: landing
      pattern: incremental
      lagSeconds: 0
      exportsInFlight: 7
      poll: { intervalSeconds: 1 }
    schedule: { cron: 30 2 * * *, timezone: Europe/London, overlap: bufferOne }
`;

export async function openStage(): Promise<Stage> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const root = await mkdtemp(path.join(tmpdir(), 'tidemark-pictures-'));
    closers.push(() => rm(root, { recursive: true, force: true }));
    const [data, changes] = [path.join(root, 'data'), path.join(root, 'changes')];
    for (const name of ['data', 'changes', 'landing']) await mkdir(path.join(root, name));
    const sandbox = await startTitanSandbox({ domains: [await makeGeography(data)] });
    closers.push(() => sandbox.close());
    // Never a configured one: its lists hold other things too, and search attributes are registered when it starts.
    const environment = { ...process.env, TEMPORAL_ADDRESS: '', TEMPORAL_PROFILE: '' };
    const server = await startDevServer({ env: environment, searchAttributes: typedSearchAttributes() });
    closers.push(() => server.stop());
    const { webUiUrl: webUi = '', address, namespace } = server;

    const file = path.join(root, 'tidemark.yaml');
    await writeFile(file, CONFIG(sandbox.url));
    const { clientId: TITAN_ID, clientSecret: TITAN_SECRET } = sandbox;
    const { config } = await loadConfig({ file, environment: { TITAN_ID, TITAN_SECRET } });
    const { taskQueue } = config.temporal;
    const connectionOptions = { address };
    const temporal = await connectTemporal({ address, namespace, taskQueue, webUi, connectionOptions, from: 'here' });
    closers.push(() => temporal.close());
    const connection = await NativeConnection.connect({ address });
    closers.push(() => connection.close());
    const worker = await createTidemarkWorker({
      config,
      connection,
      namespace,
      webUi,
      worker: { identity: 'tidemark-worker', ...prebuilt() },
    });
    const running = worker.run();
    closers.push(async () => {
      worker.shutdown();
      await running;
    });
    const apply = async (): Promise<void> =>
      applySchedules(temporal, await planSchedules(temporal, config), projectOf(config, temporal));
    return { temporal, config, sandbox, data, changes, webUi, apply, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Tests have the workflows bundled already. */
function prebuilt(): { workflowBundle?: { codePath: string } } {
  const codePath = process.env['TIDEMARK_TEST_BUNDLE'] ?? '';
  return codePath === '' ? {} : { workflowBundle: { codePath: path.resolve(codePath) } };
}
