import {
  createPostgresActivities,
  type DefinedHook,
  type DefinedSource,
  type PostgresDatabase,
  type TitanRdmConnection,
} from '../../activities/index.js';
import { Postgres, type PostgresOptions } from '../../connectors/postgres/index.js';
import type { TableStore } from '../../connectors/tables/index.js';
import type { TitanRdmClientOptions } from '../../connectors/titanrdm/index.js';
import { titanConnections } from '../titanrdm-connection.js';
import { SystemPlugin } from './system-plugin.js';

export interface PostgresPluginOptions {
  /**
   * Databases by the name that workflow inputs carry, as targets and as sources of type `query`: how to reach one, or an opened one with
   * the queries that may be named. Credentials stay in the worker.
   */
  connections: Readonly<Record<string, PostgresOptions | PostgresDatabase>>;
  /** Folders for sources of type `files`: see `createStore`. */
  stores?: Readonly<Record<string, TableStore>>;
  /** TitanRDM tenants for sources of type `titanrdm`. */
  titanrdm?: Readonly<Record<string, TitanRdmClientOptions | TitanRdmConnection>>;
  /** Sources of your own: see `defineSource`. */
  sources?: readonly DefinedSource[];
  /** Hooks that inputs name as `onBeforeVisible`: see `defineHook`. */
  hooks?: readonly DefinedHook[];
  /** Most rows of a source of type `rows`. Default 1,000; more only where client and worker have an external payload storage. */
  maxInlineRows?: number;
  /** See `SystemPluginOptions.workflows`. */
  workflows?: boolean;
}

/**
 * The PostgreSQL plugin: the activity of `postgresIngest`, and on demand the workflows themselves.
 *
 * @example
 * const worker = await Worker.create({
 *   connection, taskQueue: 'tables', workflowsPath,
 *   plugins: [postgresPlugin({ connections: { warehouse: { url, user, password } }, sources: [tickets] })],
 * });
 */
export function postgresPlugin(options: PostgresPluginOptions): SystemPlugin {
  const databases = Object.fromEntries(
    Object.entries(options.connections).map(([name, given]) => [name, asDatabase(given)]),
  );
  const { stores, sources, hooks, maxInlineRows } = options;
  return new SystemPlugin({
    name: 'tidemark.postgres',
    activities: createPostgresActivities({
      databases,
      titanrdm: titanConnections(options.titanrdm ?? {}),
      ...(stores === undefined ? {} : { stores }),
      ...(sources === undefined ? {} : { sources }),
      ...(hooks === undefined ? {} : { hooks }),
      ...(maxInlineRows === undefined ? {} : { maxInlineRows }),
    }),
    ...(options.workflows === undefined ? {} : { workflows: options.workflows }),
  });
}

function asDatabase(given: PostgresOptions | PostgresDatabase): PostgresDatabase {
  return 'client' in given ? given : { client: new Postgres(given) };
}
