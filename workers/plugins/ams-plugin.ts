import { createAmsActivities, ResultsFolder, type ResultsLocation } from '../../activities/index.js';
import { type Ams, AmsClient, type AmsClientOptions } from '../../connectors/ams/index.js';
import type { TableStore } from '../../connectors/tables/index.js';
import { SystemPlugin } from './system-plugin.js';

export interface AmsPluginOptions {
  /**
   * Sites of AMS by the name that workflow inputs carry: how to reach one, or a client of it. One client serves all runs of a connection,
   * so that it signs in once. Credentials stay in the worker; left out, they are AMS_USERNAME and AMS_PASSWORD.
   */
  connections: Readonly<Record<string, AmsClientOptions | Ams>>;
  /** Stores of tables by name: `createStore` makes one of a folder, `PostgresStore` one of a schema. */
  stores: Readonly<Record<string, TableStore>>;
  /** Where lists of rows go: a folder that all workers share, or a location of your own. They hold values. */
  results: string | ResultsLocation;
  /** Most rows that an input may pass inline: more than 1,000 only where large payloads are stored outside of the history. */
  maxInlineRows?: number;
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
 *   plugins: [amsPlugin({ connections: { club: { url, username, password } }, stores: { lake }, results: './results' })],
 * });
 */
export function amsPlugin(options: AmsPluginOptions): SystemPlugin {
  const { connections, stores, spoolDirectory, maxInlineRows } = options;
  const results = typeof options.results === 'string' ? new ResultsFolder(options.results) : options.results;
  return new SystemPlugin({
    name: 'tidemark.ams',
    activities: createAmsActivities({
      ams: Object.fromEntries(Object.entries(connections).map(([name, given]) => [name, asClient(given)])),
      stores,
      results,
      ...(maxInlineRows === undefined ? {} : { maxInlineRows }),
      ...(spoolDirectory === undefined ? {} : { spoolDirectory }),
    }),
    ...(options.workflows === undefined ? {} : { workflows: options.workflows }),
  });
}

/** Errors: `AMS_BAD_OPTIONS`, `AMS_NO_CREDENTIALS`. */
function asClient(given: AmsClientOptions | Ams): Ams {
  return 'upsertProfile' in given ? given : new AmsClient(given);
}
