import { proxyActivities, type ActivityInterfaceFor, type ActivityOptions } from '@temporalio/workflow';
import type { AmsActivities } from '../contracts/ams-activities.js';
import type {
  PostgresActivities,
  TidemarkActivities,
  TitanRdmActivities,
  WatermarkActivities,
} from '../contracts/activities.js';
import { CALL, INGEST, LAST_WORD, polling, PROFILES, TRANSFER, WAIT_FOR_RUN, WATERMARK } from './policies.js';

type Steps = ActivityInterfaceFor<TitanRdmActivities & TidemarkActivities>;

const proxy = (options: ActivityOptions): Steps => proxyActivities<TitanRdmActivities & TidemarkActivities>(options);

/** Steps that make a few calls. `summary` is what the Web UI shows beside the activity. */
export const call = (summary: string): Steps => proxy({ ...CALL, summary });
/** Steps that move a table. */
export const transfer = (summary: string): Steps => proxy({ ...TRANSFER, summary });
/** Steps that wait for a server. */
export const wait = (summary: string, maxWaitSeconds: number): Steps => proxy({ ...polling(maxWaitSeconds), summary });
/** Steps that say goodbye to a server. */
export const lastWord = (summary: string): Steps => proxy({ ...LAST_WORD, summary });
/** Steps that bring batches of rows into PostgreSQL. */
export const ingest = (summary: string): ActivityInterfaceFor<PostgresActivities> =>
  proxyActivities<PostgresActivities>({ ...INGEST, summary });
/** Steps that make a few calls to PostgreSQL. */
export const postgres = (summary: string): ActivityInterfaceFor<PostgresActivities> =>
  proxyActivities<PostgresActivities>({ ...CALL, summary });
/** Steps that speak to the pipeline's watermark workflow. */
export const watermark = (summary: string): ActivityInterfaceFor<WatermarkActivities> =>
  proxyActivities<WatermarkActivities>({ ...WATERMARK, summary });
/** Steps that wait for another run. */
export const waitForRun = (summary: string): ActivityInterfaceFor<WatermarkActivities> =>
  proxyActivities<WatermarkActivities>({ ...WAIT_FOR_RUN, summary });
/** Steps that work through a table of profiles. */
export const profiles = (summary: string): ActivityInterfaceFor<AmsActivities> =>
  proxyActivities<AmsActivities>({ ...PROFILES, summary });
