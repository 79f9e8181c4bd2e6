import {
  CancellationScope,
  ChildWorkflowFailure,
  proxyActivities,
  TerminatedFailure,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { OperationsActivities, RunEnd, RunSettings } from '../../contracts/operations.js';
import { REPORT } from '../policies.js';
import { runSettings } from './run-settings.js';

/** The part of an end that a workflow knows of itself. */
export type OwnEnd = Pick<RunEnd, 'outcome' | 'rows' | 'moved' | 'error'>;

/**
 * Tells the pipeline's watch how this run ended, when the run is one of a configured pipeline and somebody wants to know. That it could
 * not be told changes nothing of the run.
 */
export async function reportOwnEnd(settings: Pick<RunSettings, 'reportsEnds'>, end: OwnEnd): Promise<void> {
  const { workflowId, runId, workflowType } = workflowInfo();
  const pipeline = /^tidemark\/pipeline\/([^/]+)$/u.exec(workflowId)?.[1];
  if (pipeline === undefined || !settings.reportsEnds) return;
  await reportEnd({ pipeline, workflow: workflowType, workflowId, runId, ...end });
}

/**
 * The same for another run, by who waited for it. Told twice, it counts once.
 */
export async function reportEnd(end: RunEnd): Promise<void> {
  const summary = `Tell the watch of ${end.pipeline}`;
  try {
    // A cancelled run tells its end too.
    await CancellationScope.nonCancellable(() =>
      proxyActivities<OperationsActivities>({ ...REPORT, summary }).tidemarkReportEnd(end),
    );
  } catch {
    // The worker's log says why.
  }
}

/**
 * For who waits for a run as its parent: tells the end of one that could not tell it itself, since it was terminated or ran out of time. Every
 * other end is told by the run.
 */
export async function reportLostRun(error: unknown, run: Omit<RunEnd, 'outcome' | 'error'>): Promise<void> {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  const terminated = cause instanceof TerminatedFailure;
  if (!terminated && !(cause instanceof TimeoutFailure)) return;
  if (!(await runSettings()).reportsEnds) return;
  const code = terminated ? 'RUN_TERMINATED' : 'RUN_TIMED_OUT';
  const message = terminated ? 'The run was terminated.' : 'The run exceeded its workflow timeout.';
  await reportEnd({ ...run, outcome: 'failed', error: { code, message, retryable: false } });
}
