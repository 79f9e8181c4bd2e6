import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  isCancellation,
  setCurrentDetails,
  startChild,
  type ChildWorkflowHandle,
  type Workflow,
} from '@temporalio/workflow';
import type { z } from 'zod';
import {
  pipelineWorkflowId,
  tidemarkRunInputSchema,
  type SkippedRun,
  type TidemarkRunInput,
} from '../contracts/run-inputs.js';
import { keepsWatermarks } from '../contracts/keeps-watermarks.js';
import { watermarkWorkflowId } from '../contracts/watermark.js';
import { errorInfoOf, failRun, failWith, resultInFailure } from './failures.js';
import { parseInput } from './input.js';
import { ENDS, instant, text } from './markdown.js';
import { reportLostRun } from './operations/report-end.js';
import { fieldsOf } from './operations/subject.js';
import { waitForRun } from './steps.js';
import { watchedBy } from './watched.js';

type Parsed = z.output<typeof tidemarkRunInputSchema>;

/**
 * One run of a pipeline, whoever starts it and under whatever id (Schedules make theirs): the pipeline's workflow, as a child with the
 * pipeline's own id, so that there is one at a time. When it is running already, this run waits for its turn, does nothing, or fails.
 * A cancellation reaches the child, and is waited for.
 *
 * @param input see {@link tidemarkRunInputSchema}
 * @returns the child's own result, or a {@link SkippedRun}
 * @throws ApplicationFailure `ValidationError`, `PIPELINE_RUNNING`, or what the child failed with: its code, and its list in the details
 */
export async function tidemarkRun(input: TidemarkRunInput): Promise<unknown> {
  const view = new RunView();
  const body = async () => {
    const parsed = parseInput('tidemarkRun', tidemarkRunInputSchema, input);
    const result = await run(parsed, view);
    // Its fields too: rows and tables of the result are what the run is searched for by.
    return { ...fieldsOf(result), summary: summaryOf(result), result };
  };
  // What it is about is said by the input of the pipeline's own workflow.
  const { pipeline, input: own } = fieldsOf(input);
  const ended = await watchedBy(view, body, { ...fieldsOf(own), pipeline });
  return ended.result;
}

async function run(parsed: Parsed, view: RunView): Promise<unknown> {
  const { pipeline, ifRunning } = parsed;
  const workflowId = pipelineWorkflowId(pipeline);
  view.about(parsed, workflowId);
  for (;;) {
    const child = await startUnlessRunning(parsed, workflowId);
    if (child !== undefined) {
      view.enter('running');
      return await endOf(child, parsed);
    }
    if (ifRunning === 'skip') return skipped(pipeline);
    if (ifRunning === 'fail') throw alreadyRunning(pipeline);
    view.enter('waiting for the run that is under way');
    await waitForRun(`Wait for the run of ${pipeline} that is under way`).tidemarkWaitForRun({ workflowId });
  }
}

/** Undefined when a workflow of that id is running. */
async function startUnlessRunning(
  { pipeline, workflow, input }: Parsed,
  workflowId: string,
): Promise<ChildWorkflowHandle<Workflow> | undefined> {
  try {
    return await startChild(workflow, {
      workflowId,
      args: [{ ...input, pipeline: input['pipeline'] ?? pipeline }],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: `Pipeline ${pipeline}`,
      staticDetails: `Pipeline **${pipeline}**\n\n- again: \`tidemark run ${pipeline} --wait\`\n- cancel: \`tidemark cancel ${pipeline}\``,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** What the child failed with is this run's own failure, with the list of what it had done. */
async function endOf(child: ChildWorkflowHandle<Workflow>, { pipeline, workflow }: Parsed): Promise<unknown> {
  try {
    return await child.result();
  } catch (error) {
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
    // Somebody has cancelled the child itself: this run has not been asked to end, and did not end well.
    if (isCancellation(error)) throw cancelledChild();
    // One that was terminated or ran out of time could not tell its end itself.
    const { workflowId, firstExecutionRunId: runId } = child;
    await reportLostRun(error, { pipeline, workflow, workflowId, runId });
    const info = errorInfoOf(error);
    throw failRun(info, info.message, resultInFailure(error));
  }
}

function skipped(pipeline: string): SkippedRun {
  return { summary: `Skipped: a run of ${pipeline} is under way.`, skipped: true };
}

function alreadyRunning(pipeline: string): Error {
  const message = `A run of pipeline '${pipeline}' is under way, and a pipeline has one at a time. Start it again later, or say ifRunning 'wait' or 'skip'.`;
  return failRun({ code: 'PIPELINE_RUNNING', message, retryable: true }, message);
}

function cancelledChild(): Error {
  const message = 'The run of the pipeline was cancelled.';
  return failWith({ code: 'RUN_CANCELLED', message, retryable: false }, message);
}

function summaryOf(result: unknown): string {
  const { summary } = fieldsOf(result);
  return typeof summary === 'string' ? summary : 'Done.';
}

/** Id of the workflow that holds the pipeline's high watermarks, where the run goes by them. */
function marksOf({ pipeline, workflow, input }: Parsed): string | undefined {
  const { pipeline: owner = pipeline } = input;
  return keepsWatermarks(workflow, input) && typeof owner === 'string' ? watermarkWorkflowId(owner) : undefined;
}

/** What a person sees of it in the Web UI. */
class RunView {
  private title = 'Pipeline';
  /** Where else to look. */
  private links: string[] = [];
  private phase = 'starting';
  private since = Date.now();
  private note: string | undefined;

  about(parsed: Parsed, workflowId: string): void {
    const marks = marksOf(parsed);
    this.title = `Pipeline ${parsed.pipeline}`;
    this.links = [
      `- tables, rows, progress: ${text(workflowId)}`,
      ...(marks === undefined ? [] : [`- high watermarks: ${text(marks)}`]),
    ];
    this.show();
  }

  enter(phase: string, note?: string): void {
    if (phase !== this.phase) this.since = Date.now();
    this.phase = phase;
    this.note = note;
    this.show();
  }

  private show(): void {
    const { title, links, phase, since, note } = this;
    setCurrentDetails(
      [
        `### ${text(title)}`,
        `**${text(phase)}** ${ENDS.includes(phase) ? 'at' : 'since'} ${instant(since)} UTC`,
        ...(note === undefined ? [] : [`> ${text(note, 1_000)}`]),
        ...(links.length === 0 ? [] : [links.join('\n')]),
      ].join('\n\n'),
    );
  }
}
