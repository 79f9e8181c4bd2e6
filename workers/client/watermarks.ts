import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { lookAt, updateWatermarks } from '../../activities/watermark/reach.js';
import { TidemarkError } from '../../contracts/errors.js';
import {
  watermarkWorkflowId,
  type Lost,
  type PendingOverride,
  type PendingOverrides,
  type ResetWatermark,
  type SetWatermark,
  type WatermarkEvent,
  type Watermarks,
} from '../../contracts/watermark.js';
import type { TemporalClient } from './connect.js';

/** What a pipeline holds: where its runs have come to, and what people have set since. */
export interface PipelineWatermarks {
  watermarks: Watermarks;
  overrides: PendingOverrides;
  /** The workflow that held them has ended: this is what it held last. The next run begins without it. */
  lost?: Lost;
}

type Client = Pick<TemporalClient, 'client'>;
type Starter = Client & { target: Pick<TemporalClient['target'], 'taskQueue'> };

/** Starts nothing: a pipeline without a watermark workflow holds nothing. Error `WATERMARK_UNREACHABLE` when no worker answers. */
export async function readWatermarks(temporal: Client, pipeline: string): Promise<PipelineWatermarks> {
  const [watermarks, overrides, { lost }] = await Promise.all([
    ask<Watermarks>(temporal, pipeline, 'watermarks'),
    ask<PendingOverrides>(temporal, pipeline, 'overrides'),
    answered(temporal, pipeline, () => lookAt(temporal.client, pipeline)),
  ]);
  return { watermarks: watermarks ?? {}, overrides: overrides ?? {}, ...(lost === undefined ? {} : { lost }) };
}

/** The latest changes, oldest first. Error `WATERMARK_UNREACHABLE`. */
export async function watermarkHistory(temporal: Client, pipeline: string): Promise<WatermarkEvent[]> {
  return (await ask<WatermarkEvent[]>(temporal, pipeline, 'history')) ?? [];
}

/**
 * The pipeline's next run begins from this value. A run that is under way is not disturbed.
 * @throws TidemarkError `ValidationError`, `WATERMARK_TOO_LARGE`, `WATERMARK_UNREACHABLE`
 */
export function setWatermark(temporal: Starter, pipeline: string, input: SetWatermark): Promise<PendingOverride> {
  return updateWatermarks(reachOf(temporal, pipeline), 'set', { id: randomUUID(), ...input });
}

/** The pipeline's next run begins from nothing. Errors as with {@link setWatermark}. */
export function resetWatermark(temporal: Starter, pipeline: string, input: ResetWatermark): Promise<PendingOverride> {
  return updateWatermarks(reachOf(temporal, pipeline), 'reset', { id: randomUUID(), ...input });
}

function reachOf({ client, target }: Starter, pipeline: string) {
  return { client, taskQueue: target.taskQueue, pipeline };
}

/** A query without a worker is held for a long time. */
const DEADLINE_MS = 15_000;

async function ask<T>(temporal: Client, pipeline: string, query: string): Promise<T | undefined> {
  const { workflow } = temporal.client;
  return answered(temporal, pipeline, async () => {
    try {
      return await workflow.getHandle(watermarkWorkflowId(pipeline)).query<T>(query);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  });
}

async function answered<T>({ client }: Client, pipeline: string, call: () => Promise<T>): Promise<T> {
  try {
    return await client.workflow.withDeadline(Date.now() + DEADLINE_MS, call);
  } catch (cause) {
    throw new TidemarkError(`The workflow that holds the high watermarks of ${pipeline} does not answer.`, {
      code: 'WATERMARK_UNREACHABLE',
      retryable: true,
      mend: 'Is a worker up (`tidemark worker`), on its task queue?',
      cause,
    });
  }
}
