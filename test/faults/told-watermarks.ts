import type { Client } from '@temporalio/client';
import { INGEST_KEY, watermarkWorkflowId, type Watermarks } from '../../contracts/watermark.js';

/** While worker or server are away, nobody answers. */
const ANSWER_WITHIN_MS = 2_000;

/** What the workflow of a pipeline holds, by its query; undefined while it is not there, or nobody answers for it. */
export async function toldWatermarks({ workflow }: Client, pipeline: string): Promise<Watermarks | undefined> {
  try {
    return await workflow.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      workflow.getHandle(watermarkWorkflowId(pipeline)).query<Watermarks>('watermarks'),
    );
  } catch {
    // A fault is under way, or the pipeline has not run yet: there is nothing to see.
    return undefined;
  }
}

/** The one of an ingest, as a number; 0 before the first, undefined when nobody answers. */
export async function toldOfIngest(client: Client, pipeline: string): Promise<number | undefined> {
  const told = await toldWatermarks(client, pipeline);
  return told === undefined ? undefined : Number(told[INGEST_KEY]?.value ?? 0);
}
