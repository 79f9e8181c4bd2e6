import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import type { AmsProgress } from '../../contracts/ams-results.js';
import { latestHeartbeat } from './heartbeat.js';

// What is read of a heartbeat; a worker of a newer release may say more.
const sendingSchema = z.object({ rows: z.number(), upserted: z.number(), failed: z.number(), next: z.number() });
const lookingSchema = z.object({ phase: z.string() }).and(z.record(z.string(), z.unknown()));

/** The progress of a profile upsert as of now: what its workflow knows, and what the open step tells by heartbeats. */
export async function liveProfiles(handle: WorkflowHandle, known: AmsProgress): Promise<AmsProgress> {
  const beat = await latestHeartbeat(handle);
  const sending = sendingSchema.safeParse(beat).data;
  if (sending !== undefined) {
    const { rows, upserted, failed } = sending;
    return { ...known, rows, upserted, failed, attempted: upserted + failed, notAttempted: rows - upserted - failed };
  }
  const looking = lookingSchema.safeParse(beat).data;
  const rows = looking?.['rows'];
  return looking === undefined ? known : { ...known, ...(typeof rows === 'number' ? { rows } : {}) };
}
