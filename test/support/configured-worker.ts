import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@temporalio/client';
import { configSchema, type TidemarkConfig, type TidemarkConfigInput } from '../../contracts/config.js';
import { startTitanSandbox, type TitanSandbox } from '../../sandbox/titanrdm/index.js';
import { dataConverterOf } from '../../workers/data-converter.js';
import { createTidemarkWorker } from '../../workers/index.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './environment.js';
import { noteSecrets } from './known-secrets.js';
import { CUSTOMER_DOMAIN } from './tenant.js';

export interface ConfiguredWorker {
  temporal: TemporalTestEnvironment;
  sandbox: TitanSandbox;
  config: TidemarkConfig;
  /** Writes payloads as the config says. */
  client: Client;
  /** A folder of its own, removed at the end: that of the store `lake`, and of the results. */
  folder: string;
  close: () => Promise<void>;
}

/** A worker as `tidemark worker` makes it of a config: a sandbox as `tenant`, a folder as `lake`, and what the test adds. */
export async function configuredWorker(
  more: (folder: string) => Partial<TidemarkConfigInput> = () => ({}),
): Promise<ConfiguredWorker> {
  const temporal = await temporalTestEnvironment();
  const sandbox = await startTitanSandbox({ domains: [CUSTOMER_DOMAIN] });
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-configured-'));
  const { url, clientId, clientSecret } = sandbox;
  const { connections, worker, ...rest } = more(folder);
  const config = configSchema.parse({
    version: 1,
    results: { folder: path.join(folder, 'results') },
    ...rest,
    connections: {
      tenant: { type: 'titanrdm', url, clientId, clientSecret },
      lake: { type: 'files', path: folder },
      ...connections,
    },
    worker: { shutdownGraceSeconds: 1, ...worker },
  });
  const { namespace, taskQueue, connection, nativeConnection, bundlePath } = temporal;
  const { run, shutdown } = await createTidemarkWorker({
    config,
    connection: nativeConnection,
    namespace,
    taskQueue,
    worker: { workflowBundle: { codePath: bundlePath } },
  });
  const running = run();
  const dataConverter = await dataConverterOf(config.temporal, 'client');
  return {
    temporal,
    sandbox,
    config,
    client: new Client({ connection, namespace, ...(dataConverter === undefined ? {} : { dataConverter }) }),
    folder,
    close: async () => {
      shutdown();
      await running;
      noteSecrets([clientSecret, ...sandbox.issuedTokens]);
      await sandbox.close();
      await temporal.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
