import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgressView } from '../../contracts/titan-results.js';
import type { WorkflowHandle } from '@temporalio/client';
import { pipelineWorkflowId } from '../../contracts/config.js';
import { watermarkWorkflowId } from '../../contracts/watermark.js';
import { executeWorkflow, startPipeline, type StartedRun } from '../../workers/client/index.js';
import type { Stage } from './stage.js';

export const UP = 'geography-up';
/** Has a Schedule, and goes by its tables' high watermarks. */
export const DOWN = 'geography-down';

const TABLES = ['airports', 'capitals', 'cities', 'counties', 'countries', 'currencies', 'regions', 'zip_codes'];

/** The two tables whose exports are held: one is being received, the other never ends at the server. */
export const HELD = { receiving: 'geo_countries', waiting: 'geo_currencies' } as const;

/** The workflows of a scheduled run. */
export interface HeldRun {
  /** What the Schedule has started. */
  run: WorkflowHandle;
  /** The pipeline's own workflow, its child. */
  work: WorkflowHandle;
  /** Holds its high watermarks. */
  watermarks: WorkflowHandle;
  end: () => Promise<void>;
}

/**
 * A pipeline in the midst of a scheduled run, for as long as it takes to look at it: its tables have been received before, some have changed
 * since, and this run stands still at two of them.
 */
export async function holdScheduledRun(stage: Stage): Promise<HeldRun> {
  const { temporal, sandbox } = stage;
  const { workflow } = temporal.client;
  await (await start(stage, UP)).handle.result();
  // A mark stands at the last change, which is exported again: of each table it shall be a single row.
  await sendChanges(stage, Object.fromEntries(TABLES.map((table) => [table, 1])));
  await stage.apply();
  await (await scheduledRun(stage)).result();

  await sendChanges(stage, { airports: 40, cities: 12 });
  sandbox.setFaults([
    { kind: 'slow', match: { route: 'download.get', table: HELD.receiving }, delayMs: 600_000 },
    { kind: 'exportNeverEnds', match: { route: 'exports.new', table: HELD.waiting } },
  ]);
  const run = await scheduledRun(stage);
  const work = workflow.getHandle(pipelineWorkflowId(DOWN));
  const over = ['success', 'receiving', 'waiting for TitanRDM'];
  await until(work, ({ tables }) => tables.every(({ state }) => over.includes(state)) && held(tables));
  return {
    run,
    work,
    watermarks: workflow.getHandle(watermarkWorkflowId(DOWN)),
    end: async () => {
      await run.cancel();
      await run.result().catch(() => undefined);
      sandbox.clearFaults();
    },
  };
}

export function start({ temporal, config }: Stage, pipeline: string): Promise<StartedRun> {
  return startPipeline(temporal, config, pipeline);
}

/** Waits until a run's progress is as wanted. */
export async function until(handle: WorkflowHandle, wanted: (view: ProgressView) => boolean): Promise<void> {
  while (!wanted(await handle.query<ProgressView>('progress'))) await sleep(200);
}

function held(tables: ProgressView['tables']): boolean {
  const stateOf = (table: string) => tables.find(({ name }) => name === table)?.state;
  return stateOf(HELD.receiving) === 'receiving' && stateOf(HELD.waiting) === 'waiting for TitanRDM';
}

/** Has the Schedule start a run now; returns when the pipeline's own workflow has begun. */
async function scheduledRun({ temporal: { client } }: Stage): Promise<WorkflowHandle> {
  const schedule = client.schedule.getHandle(`tidemark/${DOWN}`);
  const started = async () =>
    (await schedule.describe()).info.recentActions.map(({ action }) => action.workflow.workflowId);
  const before = await started();
  await schedule.trigger();
  for (;;) {
    const id = (await started()).find((each) => !before.includes(each));
    if (id !== undefined && (await hasBegun(client.workflow.getHandle(id)))) return client.workflow.getHandle(id);
    await sleep(100);
  }
}

async function hasBegun(run: WorkflowHandle): Promise<boolean> {
  const { events } = await run.fetchHistory();
  return events?.some((event) => event.childWorkflowExecutionStartedEventAttributes) === true;
}

/** Somebody changes the last column of the first rows of these tables in TitanRDM. */
async function sendChanges(stage: Stage, tables: Record<string, number>): Promise<void> {
  const { data, changes, temporal } = stage;
  for (const [table, rows] of Object.entries(tables)) {
    const lines = (await readFile(path.join(data, `geo_${table}.csv`), 'utf8')).split('\n').slice(0, rows + 1);
    const changed = lines.map((line, index) => (index === 0 ? line : `${line.trimEnd()}9`));
    await writeFile(path.join(changes, `geo_${table}.csv`), `${changed.join('\n')}\n`);
  }
  await executeWorkflow(
    temporal.client,
    'titanConventionUpload',
    {
      ...{ connection: 'titan', branch: { name: 'main' }, domain: 'Geography' },
      store: 'changes',
      tables: Object.keys(tables),
      pattern: 'incremental_upsert_only',
    },
    { taskQueue: temporal.target.taskQueue },
  );
}
