import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { runLink, type PipelineConfig, type TidemarkConfig } from 'tidemark';
import type { Connections } from 'tidemark/plugins';
import {
  type publishCorrections as PublishCorrections,
  type titanConventionDownload,
  type titanConventionUpload,
} from '../workflows.js';
import { compareRows, type Comparison } from './compare.js';
import type { Corrected } from './corrections.js';
import { readRows } from './csv.js';
import { count, importLine, type Step } from './report.js';
import { TABLES, type TableName } from './tables.js';
import { changeBySql } from './warehouse.js';

export interface StepContext {
  client: Client;
  config: TidemarkConfig;
  connections: Connections;
  link: (workflowId: string, runId: string) => string | undefined;
}

export const linker = (namespace: string, webUi: string | undefined) => (workflowId: string, runId: string) =>
  runLink({ namespace, webUi }, workflowId, runId);

/** Uploads the domain's tables by convention: the file geo_airports.csv is the table airports of the domain with abbreviation geo. */
export function uploadAll(context: StepContext): Promise<Step> {
  return upload(context, 'geography-up', 'upload', 'Uploaded');
}

/** The same from the tables of the schema `geography`, after someone has changed them by SQL. */
export async function uploadFromWarehouse(context: StepContext, expected: Record<TableName, Corrected>): Promise<Step> {
  const statements = await changeBySql(context.connections, expected);
  const step = await upload(
    context,
    'warehouse-to-geography',
    'from-warehouse',
    'Changed rows in PostgreSQL; uploaded',
  );
  return { ...step, lines: [...statements, ...step.lines] };
}

async function upload({ client, config, link }: StepContext, name: string, id: string, did: string): Promise<Step> {
  const { input, description = name } = pipeline(config, name, 'titanConventionUpload');
  const handle = await client.workflow.start<typeof titanConventionUpload>('titanConventionUpload', {
    workflowId: `reference-data/${id}`,
    taskQueue: config.temporal.taskQueue,
    args: [input],
    staticSummary: description,
  });
  const result = await handle.result();
  return {
    title: `${did} ${result.tables.length} tables by convention, in one import batch (${result.batch?.id ?? 'none'})`,
    link: link(handle.workflowId, handle.firstExecutionRunId),
    lines: result.tables.map(({ table, rows, counts, status }) =>
      status === 'success' && counts !== undefined ? importLine(table, rows, counts) : `${table}: ${status}`,
    ),
  };
}

/** Sends inserts, updates and deletes by the parent workflow of this project. */
export async function sendCorrections({ client, config, link }: StepContext): Promise<Step> {
  const handle = await client.workflow.start<typeof PublishCorrections>('publishCorrections', {
    workflowId: 'reference-data/corrections',
    taskQueue: config.temporal.taskQueue,
    args: [
      {
        connection: 'titan',
        changes: 'changes',
        branch: 'main',
        domain: 'Geography',
        tables: TABLES.map(({ name, file }) => ({ name, source: file })),
      },
    ],
    staticSummary: 'Corrections of Geography, by a workflow of this project',
  });
  const { batchId, tables } = await handle.result();
  return {
    title: `Sent corrections as incremental_with_delete, by a parent workflow of the project's own (batch ${batchId ?? 'none'})`,
    link: link(handle.workflowId, handle.firstExecutionRunId),
    lines: tables.map(({ table, rows, ...counts }) => importLine(table, rows, counts)),
  };
}

/** Downloads all tables by convention into another folder. */
export async function downloadAll(context: StepContext): Promise<Step> {
  await mkdir(folderOf(context.config, 'received'), { recursive: true });
  return download(context, 'geography-down', 'download', 'into a folder');
}

/** The same into PostgreSQL: nothing but the connection's name differs. */
export function downloadIntoWarehouse(context: StepContext): Promise<Step> {
  return download(context, 'geography-to-warehouse', 'into-warehouse', 'into PostgreSQL');
}

async function download({ client, config, link }: StepContext, name: string, id: string, where: string): Promise<Step> {
  const { input, description = name } = pipeline(config, name, 'titanConventionDownload');
  const handle = await client.workflow.start<typeof titanConventionDownload>('titanConventionDownload', {
    workflowId: `reference-data/${id}`,
    taskQueue: config.temporal.taskQueue,
    args: [input],
    staticSummary: description,
  });
  const result = await handle.result();
  return {
    title: `Downloaded ${result.tables.length} tables by convention, ${where}`,
    link: link(handle.workflowId, handle.firstExecutionRunId),
    lines: result.tables.map(
      ({ table, rows, status }) => `${table.padEnd(10)} ${count(rows).padStart(7)} rows: ${status}`,
    ),
  };
}

/** Compares every value with what was sent. */
export async function compareAll(
  config: TidemarkConfig,
  expected: Record<TableName, Corrected>,
): Promise<Comparison[]> {
  return Promise.all(
    TABLES.map(async ({ name, file, key }) => {
      const received = await readRows(join(folderOf(config, 'received'), `${file}.csv`));
      return compareRows(name, key, expected[name].rows, received);
    }),
  );
}

export function folderOf(config: TidemarkConfig, name: string): string {
  const connection = config.connections[name];
  if (connection?.type !== 'files') throw new Error(`tidemark.yaml has no folder "${name}"`);
  return connection.path;
}

export function pipeline<Name extends PipelineConfig['workflow']>(
  config: TidemarkConfig,
  name: string,
  workflow: Name,
): Extract<PipelineConfig, { workflow: Name }> {
  const found = config.pipelines[name];
  if (found?.workflow !== workflow) throw new Error(`tidemark.yaml has no pipeline "${name}" of ${workflow}`);
  return found as Extract<PipelineConfig, { workflow: Name }>; // the line above has compared just that
}
