import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { inspect } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { noteLogLine } from './known-secrets.js';

/** What a test needs of Temporal: connections, a task queue of its own, the prebuilt workflows. */
export interface TemporalTestEnvironment {
  address: string;
  namespace: string;
  /** Unique for each call, so that test files do not take each other's tasks. */
  taskQueue: string;
  connection: Connection;
  client: Client;
  nativeConnection: NativeConnection;
  /** File of the bundle of `workflows/index.ts`, for `workflowBundle: { codePath }`. */
  bundlePath: string;
  /** Undefined when the tests run against a configured server whose Web UI is not known. */
  webUiUrl: string | undefined;
  /** Closes the connections; the server belongs to the whole run. */
  close: () => Promise<void>;
}

/** Connects to the Temporal server that jest's global set-up has started (or to the configured one), or to a server of the test's own. Close it in `afterAll`. */
export async function temporalTestEnvironment(
  server: { address: string; namespace: string } = {
    address: required('TIDEMARK_TEST_TEMPORAL_ADDRESS'),
    namespace: required('TIDEMARK_TEST_NAMESPACE'),
  },
): Promise<TemporalTestEnvironment> {
  const { address, namespace } = server;
  quietWorkers();
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  return {
    address,
    namespace,
    taskQueue: `test-${randomUUID()}`,
    connection,
    client: new Client({ connection, namespace }),
    nativeConnection,
    bundlePath: path.resolve(required('TIDEMARK_TEST_BUNDLE')),
    webUiUrl: optional('TIDEMARK_TEST_WEB_UI'),
    close: async () => {
      await nativeConnection.close();
      await connection.close();
    },
  };
}

let quiet = false;

/** Failures of workflows are what many tests are about: only what a worker calls an error is printed. All of it is searched for secrets. */
export function quietWorkers(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({
    logger: new DefaultLogger('DEBUG', (entry) => {
      const line = inspect({ message: entry.message, ...entry.meta }, { depth: 8, breakLength: Infinity });
      noteLogLine(line);
      if (entry.level === 'ERROR') process.stderr.write(`${line}\n`);
    }),
  });
}

function required(name: string): string {
  const value = optional(name);
  if (value === undefined) throw new Error(`${name} is not set: jest's global set-up has not run`);
  return value;
}

/** An empty variable counts as none. */
function optional(name: string): string | undefined {
  const value = process.env[name];
  return value === '' ? undefined : value;
}
