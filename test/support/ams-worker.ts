import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Ams } from '../../connectors/ams/port.js';
import { createStore, type TableStore } from '../../connectors/tables/index.js';
import type { AmsUpsertProfilesResult } from '../../contracts/ams-results.js';
import type { ResultsReference } from '../../contracts/titan-results.js';
import { ResultsFolder } from '../../activities/index.js';
import { amsPlugin } from '../../workers/plugins/ams-plugin.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './environment.js';

/** A worker with the AMS plugin, a folder of tables and one of results. */
export interface AmsBench {
  temporal: TemporalTestEnvironment;
  lake: string;
  results: string;
  /** Folder for the worker's temporary files: empty when nothing was left behind. */
  spool: string;
  put: (file: string, csv: string) => Promise<void>;
  start: (input: object, workflow?: string) => Promise<WorkflowHandleWithFirstExecutionRunId>;
  execute: (input: object) => Promise<AmsUpsertProfilesResult>;
  /** Everything that a list of the results location holds. */
  entries: (reference: ResultsReference | undefined) => Promise<unknown[]>;
  /** Ends the worker, whatever it is doing, and starts another one. */
  replaceWorker: () => Promise<void>;
  close: () => Promise<void>;
}

export interface AmsBenchOptions {
  worker?: Partial<WorkerOptions>;
  stores?: Record<string, TableStore>;
  /** Another Temporal server than the test run's. */
  server?: { address: string; namespace: string };
}

/** The connection is `club`, the folder of tables `lake`. */
export async function openAmsBench(ams: Ams, options: AmsBenchOptions = {}): Promise<AmsBench> {
  const temporal = await temporalTestEnvironment(options.server);
  const root = await mkdtemp(path.join(tmpdir(), 'tidemark-ams-'));
  const [lake, spool, results] = (await Promise.all(
    ['lake', 'spool', 'results'].map(async (name) => {
      const folder = path.join(root, name);
      await mkdir(folder);
      return folder;
    }),
  )) as [string, string, string];
  const stores = { lake: createStore({ type: 'files', path: lake }), ...options.stores };
  const plugins = [amsPlugin({ connections: { club: ams }, stores, results, spoolDirectory: spool })];
  const startWorker = async (): Promise<() => Promise<void>> => {
    const worker = await Worker.create({
      connection: temporal.nativeConnection,
      namespace: temporal.namespace,
      taskQueue: temporal.taskQueue,
      workflowBundle: { codePath: temporal.bundlePath },
      plugins,
      shutdownGraceTime: '1s',
      ...options.worker,
    });
    const running = worker.run();
    return () => {
      worker.shutdown();
      return running;
    };
  };
  let stopWorker = await startWorker();
  let runs = 0;
  const start: AmsBench['start'] = (input, workflow = 'amsUpsertProfiles') => {
    runs += 1;
    return temporal.client.workflow.start(workflow, {
      workflowId: `${workflow}-${temporal.taskQueue}-${runs}`,
      taskQueue: temporal.taskQueue,
      args: [{ connection: 'club', ...input }],
    });
  };
  const folder = new ResultsFolder(results);
  return {
    temporal,
    lake,
    results,
    spool,
    put: (file, csv) => writeFile(path.join(lake, file), csv),
    start,
    // What the workflow returns, by its own contract.
    execute: async (input) => (await (await start(input)).result()) as AmsUpsertProfilesResult,
    entries: async (reference) => (reference === undefined ? [] : folder.read(reference)),
    replaceWorker: async () => {
      await stopWorker();
      stopWorker = await startWorker();
    },
    close: async () => {
      await stopWorker();
      await Promise.all(Object.values(stores).map((store) => store.close()));
      await temporal.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Temporary files of the worker that are left. */
export async function leftIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.tmp'));
}

export const readText = (file: string): Promise<string> => readFile(file, 'utf8');
