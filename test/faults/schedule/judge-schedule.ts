import { watermarkWorkflowId } from '../../../contracts/watermark.js';
import { pipelineWorkflowId } from '../../../contracts/run-inputs.js';
import { leaksInEvents, type SecretMark } from '../../support/secret-scan.js';
import type { Findings } from '../findings.js';
import type { TargetTable } from '../target-table.js';
import type { ChangingSource } from './changing-source.js';
import { judgeCommits, type CommitLog } from './commit-log.js';
import { executionOf, pipelineRuns, scheduledRuns, spanOf, type Execution } from './executions.js';
import { judgeDownload } from './judge-download.js';
import type { MarkWatch } from './mark-watch.js';
import { allPipelines } from './pipelines.js';
import type { ScheduleCell } from './schedule-cell.js';
import { judgeEnd, judgeSpans, type Span } from './span.js';

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
  fired: number;
  runs: number;
  batches: number;
}

/** When everything has ended: what has arrived, where the watermarks are, and what every history says. */
export async function judgeSchedule(judged: JudgedSchedule): Promise<Counts> {
  const { cell, marks, findings } = judged;
  const { client } = cell.connection;
  const scheduled = await scheduledRuns(client);
  const runs = await pipelineRuns(client, scheduled);
  for (const execution of scheduled) judgeEnd(spanOf(execution), findings);
  const held = await Promise.all(
    allPipelines(cell.pipelines).map((name) => executionOf(client, watermarkWorkflowId(name))),
  );
  for (const { workflowId, events } of [...scheduled, ...runs, ...held])
    for (const leak of leaksInEvents(workflowId, events, marks))
      findings.add('leaked', `${leak.mark} in ${leak.where}`);
  const batches = await judgePipelines(judged, runs);
  return { fired: scheduled.length, runs: runs.length, batches };
}

async function judgePipelines(
  { cell, source, log, watch, targets, findings }: JudgedSchedule,
  runs: readonly Execution[],
): Promise<number> {
  const spansOf = (pipeline: string): Span[] =>
    runs.filter(({ workflowId }) => workflowId === pipelineWorkflowId(pipeline)).map(spanOf);
  for (const pipeline of allPipelines(cell.pipelines)) judgeSpans(spansOf(pipeline), findings);
  let batches = 0;
  for (const [pipeline, target] of targets) {
    const commits = await log.of(pipeline);
    batches += commits.length;
    judgeCommits(commits, spansOf(pipeline), findings);
    await target.checkWhole();
    const told = (await watch.told(pipeline))?.['ingest']?.value;
    findings.expect(
      Number(told) === (await target.watermark()),
      `${pipeline}: the workflow's watermark ended at ${String(told)}, the table's elsewhere`,
    );
  }
  const spans = spansOf(cell.pipelines.download);
  for (const [name, model] of source.models) await judgeDownload(cell.storeFolder, { name, model, spans, findings });
  return batches;
}
