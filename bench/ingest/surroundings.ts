import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { startInOrder } from '../in-order.js';
import { startDevServer } from '../../workers/dev-server/index.js';
import type { postgresIngest } from '../../workflows/index.js';
import { startProgram } from '../programs/program.js';
import type { IngestLibraryProgram } from '../programs/ingest-library.js';
import type { IngestWorkerProgram } from '../programs/ingest-worker.js';
import type { Sample } from '../rounds.js';
import { runWorkflow } from '../run-workflow.js';
import { makeWorkFolder } from '../work-folder.js';
import { bundleWorkflows } from '../workflow-bundle.js';
import type { IngestFiles } from '../data/ingest-files.js';
import type { IngestCase } from './cases.js';
import { IngestServer } from './server.js';
import type { BenchSource } from './source.js';
import { FILES, ROWS, tableDefinition, TARGET } from './table.js';

/** A Temporal server and a PostgreSQL, both of the benchmark's own. */
export interface IngestSurroundings {
  server: IngestServer;
  /** Starts a worker for one case, so that its memory is that of this case. */
  startWorker: (input: { files: IngestFiles; source: BenchSource }) => Promise<IngestWorker>;
  stop: () => Promise<void>;
}

export interface IngestWorker {
  /** One durable run, from the call that starts it until its result is here. */
  run: (one: IngestCase, files: IngestFiles) => Promise<Sample & { rows: number }>;
  stop: () => Promise<void>;
}

export async function startIngestSurroundings(options: {
  workFolder: string;
  workerOptions: readonly string[];
}): Promise<IngestSurroundings> {
  return startInOrder(async (onStop) => {
    const { folder, remove } = await makeWorkFolder(options.workFolder);
    onStop(remove);
    const server = await IngestServer.start();
    onStop(() => server.stop());
    const temporal = await startDevServer();
    onStop(() => temporal.stop());
    const connection = await Connection.connect({ address: temporal.address });
    onStop(() => connection.close());
    const { address, namespace } = temporal;
    const client = new Client({ connection, namespace });
    const bundlePath = await bundleWorkflows(folder);
    return {
      server,
      startWorker: async ({ files, source }) => {
        const taskQueue = `bench-${randomUUID()}`;
        const program = startProgram<IngestWorkerProgram>(
          new URL('../programs/ingest-worker.js', import.meta.url),
          options.workerOptions,
        );
        const start = {
          address,
          namespace,
          taskQueue,
          bundlePath,
          url: server.url,
          folder: files.folder,
          rows: source,
        };
        await program.call('start', start).catch(async (error: unknown) => {
          await program.stop();
          throw error;
        });
        const around = { client, taskQueue, workerFailed: program.failed };
        return {
          run: async (one, { pattern }) => {
            const { seconds, result } = await runWorkflow<typeof postgresIngest>(around, 'postgresIngest', {
              // Its own: a watermark workflow knows nothing of databases that begin anew, and stays on the task queue that it began on.
              pipeline: `bench-${randomUUID()}`,
              source:
                one.source === 'rows' ? { type: 'source', name: ROWS } : { type: 'files', connection: FILES, pattern },
              target: TARGET,
              tables: [tableDefinition(one.key)],
              sessions: one.sessions ?? 1,
            });
            const { notRecorded } = result.watermark ?? {};
            if (notRecorded !== undefined) throw new Error(`the high watermark was not recorded: ${notRecorded}`);
            return { seconds, rows: result.rows, peakRssMegabytes: await program.call('peakRssMegabytes', undefined) };
          },
          stop: () => program.stop(),
        };
      },
    };
  });
}

/** The library alone, in a new process. */
export async function runLibrary(
  url: string,
  { key, sessions = 1 }: IngestCase,
  source: BenchSource,
  nodeOptions: readonly string[],
): Promise<Sample> {
  const program = startProgram<IngestLibraryProgram>(
    new URL('../programs/ingest-library.js', import.meta.url),
    nodeOptions,
  );
  return program.call('run', { url, key, source, sessions }).finally(() => program.stop());
}
