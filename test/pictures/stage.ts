import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createStore } from '../../connectors/tables/index.js';
import { startTitanSandbox, type TitanSandbox } from '../../sandbox/titanrdm/index.js';
import { startDevServer } from '../../workers/dev-server/index.js';
import { titanRdmPlugin } from '../../workers/plugins/titan-rdm-plugin.js';
import { makeGeography } from './geography.js';

/** What the pictures are taken of: a server of their own, so that its list of runs holds nothing else. */
export interface Stage {
  client: Client;
  sandbox: TitanSandbox;
  /** Folder of the store `data`. */
  data: string;
  taskQueue: string;
  namespace: string;
  webUi: string;
  close: () => Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      shutdownSignals: [],
      telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } },
    });
    const root = await mkdtemp(path.join(tmpdir(), 'tidemark-pictures-'));
    closers.push(() => rm(root, { recursive: true, force: true }));
    const [data, results] = [path.join(root, 'data'), path.join(root, 'results')];
    await mkdir(data);
    const sandbox = await startTitanSandbox({ domains: [await makeGeography(data)] });
    closers.push(() => sandbox.close());
    const server = await startDevServer();
    closers.push(() => server.stop());
    const { webUiUrl: webUi, address, namespace } = server;
    if (webUi === undefined) throw new Error('The Temporal server has no Web UI: set TIDEMARK_WEB_UI');
    const connection = await Connection.connect({ address });
    closers.push(() => connection.close());
    const nativeConnection = await NativeConnection.connect({ address });
    closers.push(() => nativeConnection.close());

    const store = createStore({ type: 'files', path: data });
    closers.push(() => store.close());
    const { url, clientId, clientSecret } = sandbox;
    const taskQueue = 'reference-data';
    const worker = await Worker.create({
      connection: nativeConnection,
      namespace,
      taskQueue,
      identity: 'tidemark-worker',
      plugins: [
        titanRdmPlugin({
          connections: { titan: { url, clientId, clientSecret } },
          stores: { data: store },
          results,
          workflows: true,
        }),
      ],
    });
    const running = worker.run();
    closers.push(async () => {
      worker.shutdown();
      await running;
    });
    return { client: new Client({ connection, namespace }), sandbox, data, taskQueue, namespace, webUi, close };
  } catch (error) {
    await close();
    throw error;
  }
}
