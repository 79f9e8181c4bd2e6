import { createTidemarkActivities, createTitanRdmActivities, ResultsFolder } from '../../activities/index.js';
import type { ResultsLocation, TitanRdmConnection } from '../../activities/index.js';
import type { TitanRdmClientOptions } from '../../connectors/titanrdm/index.js';
import type { TableStore } from '../../connectors/tables/index.js';
import { titanConnections } from '../titanrdm-connection.js';
import { SystemPlugin } from './system-plugin.js';

export interface TitanRdmPluginOptions {
  /** TitanRDM tenants by the name that workflow inputs carry. Credentials stay in the worker. */
  connections: Readonly<Record<string, TitanRdmClientOptions | TitanRdmConnection>>;
  /** Stores of tables by name: `createStore` makes one of a folder, `PostgresStore` one of a schema. */
  stores: Readonly<Record<string, TableStore>>;
  /** Where lists go that are too long for a workflow's result: a folder that all workers share, or a location of your own. */
  results: string | ResultsLocation;
  /** Folder for temporary files; the system's own when left out. */
  spoolDirectory?: string;
  /** Most inline rows of a table. Default 1,000; more only where client and worker have an external payload storage. */
  maxInlineRows?: number;
  /** See `SystemPluginOptions.workflows`. */
  workflows?: boolean;
}

/**
 * The TitanRDM plugin: the activities of `titanImportBatch`, `titanConventionUpload`, `titanConventionDownload` and
 * `titanSyncDomains`, and on demand the workflows themselves.
 *
 * @example
 * const worker = await Worker.create({
 *   connection, taskQueue: 'tables', workflowsPath,
 *   plugins: [titanRdmPlugin({ connections: { tenant: { url, clientId, clientSecret } }, stores: { lake }, results: './results' })],
 * });
 */
export function titanRdmPlugin(options: TitanRdmPluginOptions): SystemPlugin {
  const titanrdm = titanConnections(options.connections);
  const { stores, spoolDirectory, maxInlineRows } = options;
  const results = typeof options.results === 'string' ? new ResultsFolder(options.results) : options.results;
  return new SystemPlugin({
    name: 'tidemark.titanrdm',
    activities: {
      ...createTitanRdmActivities({ titanrdm, stores, ...(spoolDirectory === undefined ? {} : { spoolDirectory }) }),
      ...createTidemarkActivities({ stores, results, ...(maxInlineRows === undefined ? {} : { maxInlineRows }) }),
    },
    ...(options.workflows === undefined ? {} : { workflows: options.workflows }),
  });
}
