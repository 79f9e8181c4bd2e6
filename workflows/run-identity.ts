import { workflowInfo } from '@temporalio/workflow';

/** Longest identity of a run that a table's marker takes. */
const MAX_IDENTITY = 200;

/**
 * Whose batches and watermarks these are: the same in every attempt and continuation, and after a reset. Runs of a cron workflow share
 * their first execution's id, and are runs of their own nevertheless.
 */
export function identityOfRun(): string {
  const { workflowId, runId, firstExecutionRunId, cronSchedule } = workflowInfo();
  const identity = `${workflowId}/${cronSchedule === undefined ? firstExecutionRunId : runId}`;
  // A workflow id can be long; the run's id at the end is what tells it from others.
  return identity.slice(-MAX_IDENTITY);
}
