import { watermarkWorkflowId } from '../../../contracts/watermark.js';
import { pipelineWorkflowId } from '../../../contracts/run-inputs.js';
import { leaksInEvents, type SecretMark } from '../../support/secret-scan.js';
import type { Findings } from '../findings.js';
import type { TargetTable } from '../target-table.js';
import { toldOfIngest } from '../told-watermarks.js';
import type { ChangingSource } from './changing-source.js';
import { judgeCommits, type Commit, type CommitLog } from './commit-log.js';
import { executionOf, pipelineRuns, scheduledRuns, spanOf, type Execution } from './executions.js';
import { judgeDownload } from './judge-download.js';
import type { MarkWatch } from './mark-watch.js';
import { allPipelines } from './pipelines.js';
import type { ScheduleCell } from './schedule-cell.js';
import { judgeSpans, judgeTurns, type Span } from './span.js';

export interface JudgedSchedule {
  cell: ScheduleCell;
  source: ChangingSource;
  log: CommitLog;
  watch: MarkWatch;
  /** By pipeline. */
  targets: ReadonlyMap<string, TargetTable>;
  marks: readonly SecretMark[];
  findings: Findings;
}

/** What was counted, for who reads the report. */
export interface Counts {
  /** Runs that the Schedules have started. */
  fired: number;
  /** Runs of the pipelines themselves. */
  runs: number;
  batches: number;
}

/** When everything has ended: what has arrived, where the watermarks are, and what every history says. */
export async function judgeSchedule(judged: JudgedSchedule): Promise<Counts> {
  const { cell, marks, findings } = judged;
  const { client } = cell.connection;
  const scheduled = await scheduledRuns(client);
  const runs = await pipelineRuns(client, scheduled);
  findings.expect(scheduled.length >= (await cell.fired()), 'the Schedules count more runs than there are');
  for (const turns of byPipeline(scheduled, allPipelines(cell.pipelines))) judgeTurns(turns.map(spanOf), findings);
  const held = await Promise.all(
    allPipelines(cell.pipelines).map((name) => executionOf(client, watermarkWorkflowId(name))),
  );
  for (const { workflowId, events } of [...scheduled, ...runs, ...held])
    for (const leak of leaksInEvents(workflowId, events, marks))
      findings.add('leaked', `${leak.mark} in ${leak.where}`);
  for (const [who, times] of Object.entries(judged.watch.seen))
    findings.expect(times > 0, `no watermark was ever seen at the ${who}`);
  const batches = await judgePipelines(judged, runs);
  return { fired: scheduled.length, runs: runs.length, batches };
}

/** The runs of each; those that belong to none are together at the end. */
function byPipeline(scheduled: readonly Execution[], pipelines: readonly string[]): Execution[][] {
  const ofOne = (name: string) => scheduled.filter(({ workflowId }) => workflowId.startsWith(`tidemark/run/${name}-`));
  const found = pipelines.map(ofOne);
  return [...found, scheduled.filter((execution) => !found.flat().includes(execution))];
}

async function judgePipelines(judged: JudgedSchedule, runs: readonly Execution[]): Promise<number> {
  const { cell, source, log, targets, findings } = judged;
  const spansOf = (pipeline: string): Span[] =>
    runs.filter(({ workflowId }) => workflowId === pipelineWorkflowId(pipeline)).map(spanOf);
  for (const pipeline of allPipelines(cell.pipelines)) {
    findings.expect(spansOf(pipeline).length > 1, `${pipeline} had less than two runs`);
    judgeSpans(spansOf(pipeline), findings);
  }
  let batches = 0;
  for (const [pipeline, target] of targets) {
    const commits = await log.of(pipeline);
    batches += commits.length;
    judgeCommits(commits, spansOf(pipeline), findings);
    await target.checkWhole();
    await judgeCopies(pipeline, target, commits, judged);
  }
  const spans = spansOf(cell.pipelines.download);
  for (const [name, model] of source.models) await judgeDownload(cell.storeFolder, { name, model, spans, findings });
  return batches;
}

/** In the end the workflow holds what the table does, and what the database has logged last. */
async function judgeCopies(
  pipeline: string,
  target: TargetTable,
  commits: readonly Commit[],
  { cell, findings }: JudgedSchedule,
): Promise<void> {
  const told = await toldOfIngest(cell.connection.client, pipeline);
  const [stored, logged] = [await target.watermark(), commits.at(-1)?.mark];
  findings.expect(
    told === stored && logged === stored,
    `${pipeline}: the watermark ended at ${String(told)} by the workflow, ${String(stored)} by the table, ${String(logged)} by the log`,
  );
}
