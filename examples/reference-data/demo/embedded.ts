import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { loadConfig, loadYaml, type Loaded, type TidemarkConfig } from 'tidemark';
import {
  sandboxContentSchema,
  startAmsSandbox,
  startDevServer,
  startPostgres,
  startTitanSandbox,
} from 'tidemark/testing';

/** What the demonstration runs on: real servers of Temporal (with its Web UI) and PostgreSQL, and the sandbox in place of a tenant. */
export interface Embedded {
  loaded: Loaded<TidemarkConfig>;
  client: Client;
  connection: NativeConnection;
  namespace: string;
  webUi: string | undefined;
  /** Address of TitanRDM. */
  titan: string;
  /** Address of AMS. */
  ams: string;
  /** Address of the database. */
  warehouse: string;
  close(): Promise<void>;
}

export async function startEmbedded(configFile: string): Promise<Embedded> {
  Runtime.install({ logger: new DefaultLogger('WARN'), shutdownSignals: [] });
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    // Sandbox and PostgreSQL are started only if the config asks for them: your own take their places by variables.
    const loaded = await loadConfig({
      file: configFile,
      sandbox: async ({ definitions }) => {
        const content = definitions === undefined ? {} : await loadYaml(definitions, sandboxContentSchema);
        const sandbox = await startTitanSandbox(content);
        closers.push(() => sandbox.close());
        const { url, clientId, clientSecret } = sandbox;
        return { url, clientId, clientSecret };
      },
      ams: async () => {
        // Its own made-up athletes are the squad's.
        const sandbox = await startAmsSandbox();
        closers.push(() => sandbox.close());
        const { url, username, password } = sandbox;
        return { url, username, password };
      },
      postgres: async () => {
        const server = await startPostgres();
        closers.push(() => server.stop());
        return server.access;
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
    const urlOf = (name: string) => {
      const found = loaded.config.connections[name];
      return found !== undefined && 'url' in found ? found.url : '';
    };
    const [titan, ams, warehouse] = [urlOf('titan'), urlOf('club'), urlOf('warehouse')];
    return { loaded, client, connection, namespace, webUi, titan, ams, warehouse, close };
  } catch (error) {
    await close();
    throw error;
  }
}
