import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { runLink, type PipelineConfig, type TidemarkConfig } from 'tidemark';
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

export interface StepContext {
  client: Client;
  config: TidemarkConfig;
  link: (workflowId: string, runId: string) => string | undefined;
}

export const linker = (namespace: string, webUi: string | undefined) => (workflowId: string, runId: string) =>
  runLink({ namespace, webUi }, workflowId, runId);

/** Uploads the domain's tables by convention: the file geo_airports.csv is the table airports of the domain with abbreviation geo. */
export async function uploadAll({ client, config, link }: StepContext): Promise<Step> {
  const { input } = pipeline(config, 'geography-up', 'titanConventionUpload');
  const handle = await client.workflow.start<typeof titanConventionUpload>('titanConventionUpload', {
    workflowId: 'reference-data/upload',
    taskQueue: config.temporal.taskQueue,
    args: [input],
    staticSummary: 'All tables of Geography into TitanRDM',
  });
  const result = await handle.result();
  return {
    title: `Uploaded ${result.tables.length} tables by convention, in one import batch (${result.batch?.id ?? 'none'})`,
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
export async function downloadAll({ client, config, link }: StepContext): Promise<Step> {
  const { input } = pipeline(config, 'geography-down', 'titanConventionDownload');
  await mkdir(folderOf(config, 'received'), { recursive: true });
  const handle = await client.workflow.start<typeof titanConventionDownload>('titanConventionDownload', {
    workflowId: 'reference-data/download',
    taskQueue: config.temporal.taskQueue,
    args: [input],
    staticSummary: 'All tables of Geography out of TitanRDM',
  });
  const result = await handle.result();
  return {
    title: `Downloaded ${result.tables.length} tables by convention`,
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

function pipeline<Name extends PipelineConfig['workflow']>(
  config: TidemarkConfig,
  name: string,
  workflow: Name,
): Extract<PipelineConfig, { workflow: Name }> {
  const found = config.pipelines[name];
  if (found?.workflow !== workflow) throw new Error(`tidemark.yaml has no pipeline "${name}" of ${workflow}`);
  return found as Extract<PipelineConfig, { workflow: Name }>; // the line above has compared just that
}
