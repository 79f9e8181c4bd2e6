import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type pg from 'pg';
import { Postgres } from '../../connectors/postgres/index.js';
import { createStore } from '../../connectors/tables/index.js';
import type { PostgresIngestInput } from '../../contracts/postgres-inputs.js';
import type { PostgresIngestResult } from '../../contracts/postgres-results.js';
import { postgresPlugin, type PostgresPluginOptions } from '../../workers/plugins/postgres-plugin.js';
import { watermarkPlugin } from '../../workers/plugins/watermark-plugin.js';
import { temporalTestEnvironment, type TemporalTestEnvironment } from './environment.js';
import { noteSecrets } from './known-secrets.js';
import { openDatabase, type TestDatabase } from './postgres.js';

/** A database, a worker with the PostgreSQL plugin, and a folder of files. */
export interface IngestBench {
  temporal: TemporalTestEnvironment;
  database: TestDatabase;
  /** A session beside the worker's. */
  client: pg.Client;
  /** The worker's own sessions. */
  postgres: Postgres;
  /** Folder of the store `inbox`. */
  inbox: string;
  put: (file: string, content: string | Buffer) => Promise<void>;
  execute: (input: unknown) => Promise<PostgresIngestResult>;
  start: (input: unknown) => Promise<WorkflowHandleWithFirstExecutionRunId>;
  /** Rows of a query, each a list. */
  rows: (sql: string) => Promise<unknown[][]>;
  /** What the comment of a table says. */
  comment: (table: string) => Promise<Record<string, unknown>>;
  /** Ends the worker, whatever it is doing, and starts another one. */
  replaceWorker: () => Promise<void>;
  close: () => Promise<void>;
}

export interface IngestBenchOptions extends Partial<Omit<PostgresPluginOptions, 'connections'>> {
  worker?: Partial<WorkerOptions>;
  /** Another Temporal server than the test run's. */
  server?: { address: string; namespace: string };
  queries?: Record<string, string>;
  allowQueries?: boolean;
  /** With the watermark plugin: then a pipeline's name must be one that no other test has. */
  watermarks?: boolean;
}

/** The connections are `target` and `origin` (the same database), the folder is `inbox`. */
export async function openIngestBench(options: IngestBenchOptions = {}): Promise<IngestBench> {
  const { worker: workerOptions, server, queries = {}, allowQueries = false, watermarks = false, ...plugin } = options;
  const temporal = await temporalTestEnvironment(server);
  const database = await openDatabase();
  const client = await database.connect();
  const postgres = new Postgres({ url: database.url });
  const { password } = new URL(database.url);
  // A password that a developer's own server has may be a word that is everywhere.
  if (password.length >= 16) noteSecrets([password]);
  const root = await mkdtemp(path.join(tmpdir(), 'tidemark-ingest-'));
  const inbox = path.join(root, 'inbox');
  await mkdir(inbox);
  const store = createStore({ type: 'files', path: inbox });
  const plugins = [
    postgresPlugin({
      ...plugin,
      connections: { target: { client: postgres }, origin: { client: postgres, queries, allowQueries } },
      stores: { inbox: store, ...plugin.stores },
    }),
    ...(watermarks ? [watermarkPlugin()] : []),
  ];
  const startWorker = async (): Promise<() => Promise<void>> => {
    const worker = await Worker.create({
      connection: temporal.nativeConnection,
      namespace: temporal.namespace,
      taskQueue: temporal.taskQueue,
      workflowBundle: { codePath: temporal.bundlePath },
      plugins,
      shutdownGraceTime: '1s',
      ...workerOptions,
    });
    const running = worker.run();
    return () => {
      worker.shutdown();
      return running;
    };
  };
  let stopWorker = await startWorker();
  let runs = 0;
  const start = (input: unknown): Promise<WorkflowHandleWithFirstExecutionRunId> => {
    runs += 1;
    return temporal.client.workflow.start('postgresIngest', {
      workflowId: `postgresIngest-${temporal.taskQueue}-${runs}`,
      taskQueue: temporal.taskQueue,
      args: [input],
    });
  };
  return {
    temporal,
    database,
    client,
    postgres,
    inbox,
    put: (file, content) => writeFile(path.join(inbox, file), content),
    start,
    // What the workflow returns, by its own contract.
    execute: async (input) => (await (await start(input)).result()) as PostgresIngestResult,
    rows: async (sql) => (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows,
    comment: async (table) => {
      const { rows } = await client.query<{ comment: string | null }>(
        `SELECT obj_description($1::regclass, 'pg_class') AS comment`,
        [table],
      );
      return JSON.parse(rows[0]?.comment ?? '{}') as Record<string, unknown>;
    },
    replaceWorker: async () => {
      await stopWorker();
      stopWorker = await startWorker();
    },
    close: async () => {
      await stopWorker();
      await store.close();
      await postgres.close();
      await database.close();
      await temporal.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A table of two columns with a key, in the schema `landing`. */
export function keyed(name: string): PostgresIngestInput['tables'][number] {
  return {
    schema: 'landing',
    name,
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'label', type: 'text' },
    ],
    primaryKey: ['id'],
  };
}

/** The same without a key: a batch that is committed twice is seen. */
export function unkeyed(name: string): PostgresIngestInput['tables'][number] {
  const { primaryKey, ...table } = keyed(name);
  return table;
}
