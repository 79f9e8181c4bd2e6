import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { loadConfig, loadYaml, type Loaded, type TidemarkConfig } from 'tidemark';
import { sandboxContentSchema, startDevServer, startTitanSandbox } from 'tidemark/testing';

/** What the demonstration runs on: a real Temporal server with its Web UI, and the sandbox in place of a tenant. */
export interface Embedded {
  loaded: Loaded<TidemarkConfig>;
  client: Client;
  connection: NativeConnection;
  namespace: string;
  webUi: string | undefined;
  /** Address of TitanRDM. */
  titan: string;
  close(): Promise<void>;
}

export async function startEmbedded(configFile: string): Promise<Embedded> {
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    // The sandbox is started only if the config asks for it: a tenant of your own takes its place by three variables.
    const loaded = await loadConfig({
      file: configFile,
      sandbox: async ({ definitions }) => {
        const content = definitions === undefined ? {} : await loadYaml(definitions, sandboxContentSchema);
        const sandbox = await startTitanSandbox(content);
        closers.push(() => sandbox.close());
        return sandbox;
      },
    });
    const server = await startDevServer();
    closers.push(() => server.stop());
    const connection = await NativeConnection.connect(server.connectionOptions);
    closers.push(() => connection.close());
    const clientConnection = await Connection.connect(server.connectionOptions);
    closers.push(() => clientConnection.close());
    const { namespace, webUiUrl: webUi } = server;
    const client = new Client({ connection: clientConnection, namespace });
    const titan = loaded.config.connections['titan'];
    return { loaded, client, connection, namespace, webUi, titan: titan?.type === 'titanrdm' ? titan.url : '', close };
  } catch (error) {
    await close();
    throw error;
  }
}
