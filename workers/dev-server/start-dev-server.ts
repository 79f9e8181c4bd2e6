import { TidemarkError } from '../../contracts/errors.js';
import type { ConfiguredServer } from './configured-server.js';
import { configuredServer } from './configured-server.js';
import type { FindServerOptions } from './find-server.js';
import { findTemporal } from './find-server.js';
import { freePort } from './free-port.js';
import type { SupervisedProcess } from './supervised-process.js';
import { startSupervised } from './supervised-process.js';
import { waitUntilReady } from './wait-until-ready.js';

const START_TIMEOUT_MS = 90_000;
/** A port chosen as free may be taken by someone else before the server has it. */
const START_ATTEMPTS = 3;

export type SearchAttributeKind = 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList';

export interface StartDevServerOptions extends FindServerOptions {
  /** Created when it does not exist. Default: `default`. */
  namespace?: string;
  /** Port of the gRPC service. Default 0: a free one. */
  port?: number;
  /** Port of the Web UI. Default 0: a free one. */
  uiPort?: number;
  /** SQLite file that keeps what the server knows; without it all is lost when it stops. */
  dbFile?: string;
  /** Custom search attributes to register, by name. */
  searchAttributes?: Record<string, SearchAttributeKind>;
  /** Settings of the server's own dynamic configuration, for instance `limit.historyCount.suggestContinueAsNew`. */
  dynamicConfig?: Record<string, string | number | boolean>;
  /** Takes the server's log lines, and one line about where it was found. */
  log?: (line: string) => void;
}

export interface DevServer extends ConfiguredServer {
  /** Address of the Web UI, without a trailing slash; undefined for a configured server that does not say (`TIDEMARK_WEB_UI`). */
  webUiUrl: string | undefined;
  /** Process id of the server; undefined when it was running before. */
  pid: number | undefined;
  /** The latest lines of its log. */
  output: () => string;
  /** Ends the server if it was started here. Safe to repeat. */
  stop: () => Promise<void>;
}

/**
 * A Temporal server to work with: the one that `TEMPORAL_ADDRESS` or a Temporal profile names, else a local one, started now and
 * ended by `stop()` or by the end of this process. Returns when namespace and visibility answer.
 *
 * Errors: `TEMPORAL_SERVER_NOT_FOUND` (lists what was tried), `TEMPORAL_SERVER_FAILED` (with the last lines that it printed).
 */
export async function startDevServer(options: StartDevServerOptions = {}): Promise<DevServer> {
  const configured = configuredServer(options.env);
  if (configured !== undefined) return alreadyRunning(configured, options);
  const found = await findTemporal(options);
  options.log?.(`Temporal server: ${found.path} (${found.by})`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(found.path, options);
    } catch (error) {
      const taken =
        error instanceof TidemarkError && /address already in use|can't set default port/i.test(error.message);
      if (!taken || attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function start(file: string, options: StartDevServerOptions): Promise<DevServer> {
  const { namespace = 'default', searchAttributes = {}, dynamicConfig = {}, dbFile } = options;
  const port = options.port !== undefined && options.port !== 0 ? options.port : await freePort();
  const uiPort = options.uiPort !== undefined && options.uiPort !== 0 ? options.uiPort : await freePort();
  const args = [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--namespace', namespace, '--log-level', 'error'],
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...Object.entries(searchAttributes).flatMap(([name, kind]) => ['--search-attribute', `${name}=${kind}`]),
    ...Object.entries(dynamicConfig).flatMap(([name, value]) => [
      '--dynamic-config-value',
      `${name}=${JSON.stringify(value)}`,
    ]),
  ];
  const server = await startSupervised(file, args, options.log === undefined ? {} : { onLine: options.log });
  const address = `127.0.0.1:${port}`;
  await untilReady(server, address, namespace);
  return {
    address,
    namespace,
    connectionOptions: { address },
    webUiUrl: `http://127.0.0.1:${uiPort}`,
    pid: server.pid,
    output: server.output,
    stop: server.stop,
  };
}

async function untilReady(server: SupervisedProcess, address: string, namespace: string): Promise<void> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), START_TIMEOUT_MS);
  const endedEarly = server.ended.then(() => giveUp.abort());
  try {
    await waitUntilReady(address, namespace, giveUp.signal);
    // Something else may answer on that port while our own server has just failed to get it.
    if (server.hasEnded()) throw new Error('it has ended');
  } catch (cause) {
    const died = server.hasEnded();
    await server.stop();
    await endedEarly;
    const what = died ? 'ended while it started' : `did not answer within ${START_TIMEOUT_MS / 1000} s`;
    throw new TidemarkError(`The Temporal server ${what}. Its last lines:\n${server.output() || '(none)'}\n`, {
      code: 'TEMPORAL_SERVER_FAILED',
      retryable: false,
      mend: 'Choose other ports or another database file, or set TEMPORAL_ADDRESS to a running server.',
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function alreadyRunning(server: ConfiguredServer, options: StartDevServerOptions): Promise<DevServer> {
  options.log?.(`Temporal server: ${server.address} (configured)`);
  const webUi = (options.env ?? process.env)['TIDEMARK_WEB_UI'];
  return Promise.resolve({
    ...server,
    namespace: options.namespace ?? server.namespace,
    webUiUrl: webUi?.replace(/\/+$/, ''),
    pid: undefined,
    output: () => '',
    stop: () => Promise.resolve(),
  });
}
