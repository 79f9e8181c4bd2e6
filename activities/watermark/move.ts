import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { watermarkWorkflowId, type Move, type Recorded } from '../../contracts/watermark.js';
import { failureOf, lookAt, orAborted, type Reach, type Seen } from './reach.js';

/** Polls a task queue with Tidemark's workflows for as long as something takes. */
export type VisitQueue = <T>(taskQueue: string, work: () => Promise<T>) => Promise<T>;

/** Who polls answers at once. */
const ANSWER_MS = 5_000;
/** A worker that is gone may be waited for, for ten seconds, before others get its tasks. */
const VISIT_MS = 25_000;

/**
 * Brings the pipeline's watermark workflow to the task queue of its runs, with all that it holds: the workflow stays where it was begun,
 * and a pipeline that has moved to another queue may have left nobody there. Where nobody answers, this worker polls the old queue itself
 * until the workflow has gone.
 *
 * @returns what there was to see of the workflow; undefined where that has changed since
 * @throws TidemarkError `WATERMARK_UNREACHABLE`, which may be tried again
 */
export async function bringHere(reach: Reach, visit: VisitQueue): Promise<Seen | undefined> {
  const { client, taskQueue, pipeline, signal } = reach;
  const look = client.workflow.withDeadline(Date.now() + ANSWER_MS, () => lookAt(client, pipeline));
  const seen = await orAborted(look, signal).catch((error: unknown) => {
    throw failureOf(error, pipeline, taskQueue);
  });
  const { waitsOn } = seen;
  if (waitsOn === undefined || waitsOn === taskQueue) return seen;
  const move = (patience: number): Promise<Recorded> =>
    orAborted(
      client.workflow.withDeadline(Date.now() + patience, () =>
        client.workflow
          .getHandle(watermarkWorkflowId(pipeline))
          .executeUpdate<Recorded, [Move]>('move', { args: [{ taskQueue }] }),
      ),
      signal,
    );
  try {
    await move(ANSWER_MS);
  } catch (error) {
    if (answersThere(error)) return undefined;
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw failureOf(error, pipeline, waitsOn);
    await visit(waitsOn, () => move(VISIT_MS)).catch((cause: unknown) => {
      if (!answersThere(cause)) throw failureOf(cause, pipeline, waitsOn);
    });
  }
  return undefined;
}

/** One of an older release does not know how to move, and answers where it is; one that has just ended is begun anew, here. */
function answersThere(error: unknown): boolean {
  return error instanceof WorkflowUpdateFailedError || error instanceof WorkflowNotFoundError;
}
