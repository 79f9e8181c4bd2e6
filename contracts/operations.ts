import { z } from 'zod';
import type { NotificationEvent } from './config-notifications.js';
import type { SearchAttributeName } from './search-attributes.js';

/** What a run may count on where it runs: asked once per run, so that workflow code need not know the worker's config. */
export interface RunSettings {
  /** The search attributes that the namespace has, and that the config allows. */
  searchAttributes: SearchAttributeName[];
  /** Whether somebody wants to be told how runs of pipelines end. */
  reportsEnds: boolean;
}

/** What went wrong, as signals carry it. */
const errorInfoSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  httpStatus: z.number().optional(),
});

/** The end of one run of a pipeline, as its watch is told of it by the signal `ended`. */
export const runEndSchema = z.object({
  pipeline: z.string().min(1),
  workflow: z.string(),
  workflowId: z.string(),
  runId: z.string().min(1),
  /** `partial`: it ended well, and some of its tables or domains failed. */
  outcome: z.enum(['success', 'partial', 'failed', 'cancelled']),
  rows: z.number().optional(),
  /** Whether the high watermark has moved; left out where the run does not know. */
  moved: z.boolean().optional(),
  error: errorInfoSchema.optional(),
});
export type RunEnd = z.infer<typeof runEndSchema>;

/** What the config says of a pipeline's watch. */
export const watchSettingsSchema = z.object({
  /** Null: its high watermark may stand still. */
  staleAfterSeconds: z.number().positive().nullable(),
});
export type WatchSettings = z.infer<typeof watchSettingsSchema>;

/** Body of a notification. No rows, no secrets, no high watermark: that can be a value of a row. */
export interface Notification {
  version: 1;
  /** The same when it is sent again. */
  id: string;
  event: NotificationEvent;
  pipeline: string;
  /** ISO 8601 instant. */
  at: string;
  /** One line for people; chat systems show it. */
  text: string;
  /** The run that failed or succeeded; of `stale` the latest that is known. */
  run?: {
    workflow: string;
    workflowId: string;
    runId: string;
    outcome: RunEnd['outcome'];
    rows?: number | undefined;
    link?: string;
  };
  error?: RunEnd['error'];
  /** Of `failure`: how many runs have failed since the latest success, this one included. */
  failures?: number;
  /** Of `recovery`: what it is the end of. */
  after?: 'failure' | 'stale';
  /** Of `recovery`: since when it was so. Of `stale`: when the high watermark moved last, as far as it is known. ISO 8601. */
  since?: string;
  /** Of `stale`: how long it may stand still, by the config. */
  staleAfterSeconds?: number;
}

/** Id of the workflow that watches a pipeline. */
export function watchWorkflowId(pipeline: string): string {
  return `tidemark/watch/${pipeline}`;
}

/** Signals of `tidemarkWatch`. */
export const WATCH_ENDED = 'ended';
export const WATCH_CONFIGURED = 'configured';

/** Activities that belong to the running of pipelines, not to a system. Every plugin brings them. */
export interface OperationsActivities {
  /** Never fails: what cannot be found out is not there. */
  tidemarkRunSettings(): Promise<RunSettings>;
  /** Tells the pipeline's watch, `tidemarkWatch`, of a run's end; starts the watch when there is none. */
  tidemarkReportEnd(end: RunEnd): Promise<void>;
  /** Posts a notification to those who want it; safe to repeat: each is told once, as far as can be known. */
  tidemarkNotify(notification: Notification): Promise<{ delivered: number }>;
  /** When a high watermark of the pipeline moved last, by `tidemarkWatermark`; null when nobody knows. */
  tidemarkLatestMove(input: { pipeline: string }): Promise<string | null>;
}
