import type { ConnectionConfig, TidemarkConfig, TitanRdmConnectionConfig } from '../contracts/config.js';
import type { PostgresDatabase, TitanRdmConnection } from '../activities/index.js';
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
}

/** Opens what the config names; `log` hears of the connectors' retries and warnings. */
export function openConnections(
  config: Pick<TidemarkConfig, 'connections'>,
  log?: TitanRdmClientOptions['log'],
): Connections {
  const opened: Connections = { titanrdm: {}, stores: {}, databases: {} };
  for (const [name, connection] of Object.entries(config.connections)) open(opened, name, connection, log);
  return opened;
}

export async function closeConnections(connections: Connections): Promise<void> {
  await Promise.all(Object.values(connections.stores).map((store) => store.close()));
}

function open(
  opened: Connections,
  name: string,
  connection: ConnectionConfig,
  log: TitanRdmClientOptions['log'],
): void {
  switch (connection.type) {
    case 'titanrdm':
      opened.titanrdm[name] = titanRdmConnection(clientOptions(connection, log));
      return;
    case 'files':
      opened.stores[name] = createStore(connection);
      return;
    case 'postgres': {
      const client = openPostgres(connection);
      const { queries, allowQueries } = connection;
      opened.databases[name] = { client, queries, allowQueries };
      opened.stores[name] = postgresStore(client, connection);
    }
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

function titanOptions({ type: _type, timeouts, retry, ...rest }: TitanRdmConnectionConfig, log: CallLog | undefined) {
  return {
    ...given(rest),
    timeouts: {
      ...timeoutOptions(timeouts),
      ...(timeouts?.completeSeconds === undefined ? {} : { completeMs: inMs(timeouts.completeSeconds) }),
      ...(timeouts?.transferIdleSeconds === undefined ? {} : { transferIdleMs: inMs(timeouts.transferIdleSeconds) }),
    },
    retry: retryOptions(retry),
    ...(log === undefined ? {} : { log }),
  } satisfies TitanRdmClientOptions;
}

function amsOptions({ type: _type, timeouts, retry, ...rest }: AmsConnectionConfig, log: CallLog | undefined) {
  return {
    ...given(rest),
    timeouts: timeoutOptions(timeouts),
    retry: retryOptions(retry),
    ...(log === undefined ? {} : { log }),
  } satisfies AmsClientOptions;
}
