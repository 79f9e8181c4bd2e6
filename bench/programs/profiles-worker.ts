import { AmsClient } from '../../connectors/ams/index.js';
import { createStore } from '../../connectors/tables/index.js';
import { amsPlugin } from '../../workers/plugins/ams-plugin.js';
import { pluginWorker, workerHandlers, type WorkerPlace } from './bench-worker.js';
import { serve } from './program.js';

export interface ProfilesWorkerStart extends WorkerPlace {
  site: { url: string; username: string; password: string };
  concurrency: number;
  /** Folder of the tables. */
  folder: string;
  results: string;
}

const handlers = workerHandlers<ProfilesWorkerStart>(({ site, concurrency, folder, results, ...place }, connection) =>
  pluginWorker(place, connection, [
    amsPlugin({
      connections: { club: new AmsClient({ ...site, maxInFlight: concurrency }) },
      stores: { lake: createStore({ type: 'files', path: folder }) },
      results,
    }),
  ]),
);
export type ProfilesWorkerProgram = typeof handlers;

serve(handlers);
