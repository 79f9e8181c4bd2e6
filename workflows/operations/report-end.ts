import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { OperationsActivities, RunEnd, RunSettings } from '../../contracts/operations.js';
import { REPORT } from '../policies.js';

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
 * The same for another run, by who waited for it: one that was terminated, or ran out of time, could not tell itself. Told twice, it
 * counts once.
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
