import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import type { IngestProgress } from '../../contracts/postgres-results.js';
import { latestHeartbeat } from './heartbeat.js';

/** What is read of a heartbeat; a worker of a newer release may say more. */
const heartbeatSchema = z.object({
  phase: z.string(),
  batches: z.number(),
  rows: z.number(),
  highWatermark: z.unknown(),
  waitingFor: z
    .array(
      z.object({
        pid: z.number(),
        user: z.string().nullable(),
        application: z.string().nullable(),
        seconds: z.number().nullable(),
      }),
    )
    .optional(),
});

/** The progress of an ingest as of now: what its workflow knows, which is the stretches that ended, and what the open one tells by heartbeats. */
export async function liveIngest(handle: WorkflowHandle, ended: IngestProgress): Promise<IngestProgress> {
  const beat = heartbeatSchema.safeParse(await latestHeartbeat(handle)).data;
  if (beat === undefined) return ended;
  const { phase, batches, rows, highWatermark, waitingFor } = beat;
  return {
    ...ended,
    phase,
    batches: ended.batches + batches,
    rows: ended.rows + rows,
    highWatermark,
    ...(waitingFor === undefined ? {} : { waitingFor }),
  };
}
