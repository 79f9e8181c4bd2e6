import type {
  AmsConnectionConfig,
  ConnectionConfig,
  TidemarkConfig,
  TitanRdmConnectionConfig,
} from '../contracts/config.js';
import type { PostgresDatabase, TitanRdmConnection } from '../activities/index.js';
import { type Ams, AmsClient, type AmsClientOptions } from '../connectors/ams/index.js';
import type { CallLogEntry } from '../connectors/http/call-log.js';
import { createStore, type TableStore } from '../connectors/tables/index.js';
import type { TitanRdmClientOptions } from '../connectors/titanrdm/index.js';
import { openPostgres, postgresStore } from './postgres-connection.js';
import { titanRdmConnection } from './titanrdm-connection.js';

/** Every configured connection, ready to be used. Nothing is called before the first use. */
export interface Connections {
  titanrdm: Record<string, TitanRdmConnection>;
  /** Of connections of type `postgres` too: closing the store closes the sessions. */
  stores: Record<string, TableStore>;
  databases: Record<string, PostgresDatabase>;
  ams: Record<string, Ams>;
}

/** Hears of the connectors' calls, retries and sign-ins, and whose they are. */
export type ConnectionLog = (entry: CallLogEntry & { system: 'titanrdm' | 'ams' }) => void;

/** Opens what the config names. */
export function openConnections(config: Pick<TidemarkConfig, 'connections'>, log?: ConnectionLog): Connections {
  const opened: Connections = { titanrdm: {}, stores: {}, databases: {}, ams: {} };
  for (const [name, connection] of Object.entries(config.connections)) open(opened, name, connection, log);
  return opened;
}

export async function closeConnections(connections: Connections): Promise<void> {
  const { stores, ams } = connections;
  await Promise.all([...Object.values(stores), ...Object.values(ams)].map((each) => each.close()));
}

function open(opened: Connections, name: string, connection: ConnectionConfig, log: ConnectionLog | undefined): void {
  switch (connection.type) {
    case 'titanrdm':
      opened.titanrdm[name] = titanRdmConnection(titanOptions(connection, log));
      return;
    case 'files':
      opened.stores[name] = createStore(connection);
      return;
    case 'postgres': {
      const client = openPostgres(connection);
      const { queries, allowQueries } = connection;
      opened.databases[name] = { client, queries, allowQueries };
      opened.stores[name] = postgresStore(client, connection);
      return;
    }
    case 'ams':
      opened.ams[name] = new AmsClient(amsOptions(connection, log));
  }
}

const inMs = (seconds: number): number => Math.round(seconds * 1_000);

/** The config speaks of attempts, the clients of tries after the first. */
const retryOptions = (retry: TitanRdmConnectionConfig['retry']) => ({
  ...(retry?.attempts === undefined ? {} : { limit: retry.attempts - 1 }),
  ...(retry?.maxDelaySeconds === undefined ? {} : { maxDelayMs: inMs(retry.maxDelaySeconds) }),
});

/** The config speaks of seconds, the clients of milliseconds. */
const timeoutOptions = (timeouts: AmsConnectionConfig['timeouts']) => ({
  ...(timeouts?.connectSeconds === undefined ? {} : { connectMs: inMs(timeouts.connectSeconds) }),
  ...(timeouts?.requestSeconds === undefined ? {} : { requestMs: inMs(timeouts.requestSeconds) }),
});

function titanOptions(
  { type: _type, timeouts, retry, ...rest }: TitanRdmConnectionConfig,
  log: ConnectionLog | undefined,
) {
  return {
    ...rest,
    timeouts: {
      ...timeoutOptions(timeouts),
      ...(timeouts?.completeSeconds === undefined ? {} : { completeMs: inMs(timeouts.completeSeconds) }),
      ...(timeouts?.transferIdleSeconds === undefined ? {} : { transferIdleMs: inMs(timeouts.transferIdleSeconds) }),
    },
    retry: retryOptions(retry),
    ...(log === undefined ? {} : { log: (entry: CallLogEntry) => log({ system: 'titanrdm', ...entry }) }),
  } satisfies TitanRdmClientOptions;
}

function amsOptions({ type: _type, timeouts, retry, ...rest }: AmsConnectionConfig, log: ConnectionLog | undefined) {
  return {
    ...rest,
    timeouts: timeoutOptions(timeouts),
    retry: retryOptions(retry),
    ...(log === undefined ? {} : { log: (entry: CallLogEntry) => log({ system: 'ams', ...entry }) }),
  } satisfies AmsClientOptions;
}
