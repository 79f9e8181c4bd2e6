import type { PostgresConnectionConfig } from '../contracts/config.js';
import { Postgres } from '../connectors/postgres/client.js';
import { PostgresStore } from '../connectors/postgres/store/index.js';

/** The sessions of a connection of type `postgres`; opens none yet. */
export function openPostgres(connection: PostgresConnectionConfig): Postgres {
  const { url, user, password, ssl, maxConnections, statementTimeoutSeconds, lockTimeoutSeconds } = connection;
  return new Postgres({
    url,
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(ssl === undefined ? {} : { ssl }),
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(statementTimeoutSeconds === undefined ? {} : { statementTimeoutSeconds }),
    ...(lockTimeoutSeconds === undefined ? {} : { lockTimeoutSeconds }),
  });
}

/** The connection's schema as a store of tables. Closing it closes the sessions. */
export function postgresStore(database: Postgres, connection: PostgresConnectionConfig): PostgresStore {
  const { schema, deletes, queries, allowQueries } = connection;
  return new PostgresStore({ database, schema, deletes, queries, allowQueries });
}
