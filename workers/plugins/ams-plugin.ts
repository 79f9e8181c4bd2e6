import { createAmsActivities, ResultsFolder, type ResultsLocation } from '../../activities/index.js';
import type { Ams } from '../../connectors/ams/port.js';
import type { TableStore } from '../../connectors/tables/index.js';
import { SystemPlugin } from './system-plugin.js';

export interface AmsPluginOptions {
  /** Clients of AMS by the name that workflow inputs carry, each signed in once for all runs. Credentials stay in the worker. */
  connections: Readonly<Record<string, Ams>>;
  /** Stores of tables by name: `createStore` makes one of a folder, `PostgresStore` one of a schema. */
  stores: Readonly<Record<string, TableStore>>;
  /** Where lists of rows go: a folder that all workers share, or a location of your own. They hold values. */
  results: string | ResultsLocation;
  /** Folder for temporary files; the system's own when left out. */
  spoolDirectory?: string;
  /** See `SystemPluginOptions.workflows`. */
  workflows?: boolean;
}

/**
 * The AMS plugin: the activities of `amsUpsertProfiles` and `amsDownloadProfiles`, and on demand the workflows themselves.
 *
 * @example
 * const worker = await Worker.create({
 *   connection, taskQueue: 'profiles', workflowsPath,
 *   plugins: [amsPlugin({ connections: { club: new AmsClient({ url, username, password }) }, stores: { lake }, results: './results' })],
 * });
 */
export function amsPlugin(options: AmsPluginOptions): SystemPlugin {
  const { connections, stores, spoolDirectory } = options;
  const results = typeof options.results === 'string' ? new ResultsFolder(options.results) : options.results;
  return new SystemPlugin({
    name: 'tidemark.ams',
    activities: createAmsActivities({
      ams: connections,
      stores,
      results,
      ...(spoolDirectory === undefined ? {} : { spoolDirectory }),
    }),
    ...(options.workflows === undefined ? {} : { workflows: options.workflows }),
  });
}
