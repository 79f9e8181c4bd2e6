import { z } from 'zod';
import { jsonValueSchema } from './postgres-inputs.js';
import { pipelineNameSchema } from './titan-common.js';

// The contract of `tidemarkWatermark`, the long-lived workflow that holds a pipeline's high watermarks. Everything here is plain JSON, so
// that any client in any language can use it.

/** Id of the workflow that holds the pipeline's high watermarks. */
export function watermarkWorkflowId(pipeline: string): string {
  return `tidemark/watermark/${pipeline}`;
}

/** Key of the one watermark of a pipeline of `postgresIngest`, as in pg-bulk-ingest. Syncs have one per table, under its convention key. */
export const INGEST_KEY = 'ingest';

/** Keys of one pipeline. */
export const MAX_KEYS = 10_000;
/** Longest watermark, as bytes of JSON. */
export const MAX_VALUE_BYTES = 32_000;
/** All watermarks and overrides of one pipeline together, as bytes of JSON: they travel in one payload, of which Temporal takes 2 MB. */
export const MAX_STATE_BYTES = 1_000_000;
/** Entries that the query `history` answers with. */
export const MAX_EVENTS = 200;
/** All entries together, as bytes of JSON: the oldest go first. */
export const MAX_EVENTS_BYTES = 400_000;
/** Longest value in the audit, as characters of JSON. */
export const MAX_SHOWN_VALUE = 200;

/** `ingest` for a pipeline of `postgresIngest`, the table's convention key for a sync. */
export const watermarkKeySchema = z.string().min(1).max(300);
/** Identity of a run: workflow id and first execution's run id. */
export const runIdentitySchema = z.string().min(1).max(300);

/** One watermark: everything up to `value` has been committed at the target. */
export interface Watermark {
  value: unknown;
  /** Which run brought it here, and how many times that run has advanced it. */
  run: string;
  sequence: number;
  /** ISO 8601 instant, by Temporal's clock. */
  at: string;
}

/** Answer of the query `watermarks`. */
export type Watermarks = Record<string, Watermark>;

/** What a person has set and no run has applied yet. */
export interface PendingOverride {
  id: string;
  /** `set` hands `value` to the next run, `reset` lets it begin from nothing. */
  kind: 'set' | 'reset';
  value: unknown;
  by: string;
  reason: string;
  at: string;
}

/** Overrides that wait for their run, by key: answer of the query `overrides`. */
export type PendingOverrides = Record<string, PendingOverride>;

/** One line of the audit: who, when, why, from, to, which run. Answer of the query `history`: the latest ones, oldest first. */
export interface WatermarkEvent {
  at: string;
  key: string;
  /**
   * A run has `advanced` it; a person has `set` or `reset` it, which a later run has `applied`; a run has `rebuilt` it from the copy at the
   * target, since that one decides.
   */
  kind: 'advanced' | 'set' | 'reset' | 'applied' | 'rebuilt';
  /** Values longer than {@link MAX_SHOWN_VALUE} characters of JSON by their beginning: `{ cut, characters }`. */
  from: unknown;
  to: unknown;
  run?: string;
  by?: string;
  reason?: string;
  /** Id of the override that was set or has been applied. */
  override?: string;
}

/** Update `advance`. Safe to repeat: the same advance again is accepted. */
export const advanceSchema = z.strictObject({
  key: watermarkKeySchema,
  from: jsonValueSchema,
  to: jsonValueSchema,
  run: runIdentitySchema,
  /** From 1 in each run. */
  sequence: z.int().positive(),
  /** Id of the pending override that this run began from: it is done with this advance. */
  override: z.string().min(1).optional(),
});
export type Advance = z.infer<typeof advanceSchema>;

/**
 * Update `rebuild`: the target's own copy decides, and takes the place of the one held here, which was lost (a terminated workflow), is
 * behind (a crash after the commit) or ahead (a restored database). Once per run, before its first `advance`; safe to repeat.
 */
export const rebuildSchema = z.strictObject({
  key: watermarkKeySchema,
  to: jsonValueSchema,
  run: runIdentitySchema,
  /** Why, for the audit. */
  reason: z.string().min(1).max(1_000).optional(),
  /** Id of the pending override that the target has committed already: it is done. */
  override: z.string().min(1).optional(),
});
export type Rebuild = z.infer<typeof rebuildSchema>;

/** Update `open`: what a run begins from. Changes nothing; an update, since only that can start the workflow where it is not there. */
export const openSchema = z.strictObject({
  run: runIdentitySchema,
  /** Only these; all when left out. */
  keys: z.array(watermarkKeySchema).max(MAX_KEYS).optional(),
});
export type Open = z.infer<typeof openSchema>;

/** Update `move`: the workflow goes on on another task queue, with all that it holds. Safe to repeat. */
export const moveSchema = z.strictObject({ taskQueue: z.string().min(1).max(1_000) });
export type Move = z.infer<typeof moveSchema>;

/** Why an earlier workflow of the same pipeline is not there any more, and what it held is lost with it. */
export const lostSchema = z.strictObject({
  /** In Temporal's words: `TERMINATED`, `CANCELLED`, ... */
  status: z.string().min(1).max(100),
  /** ISO 8601 instant; null when the server did not say. */
  at: z.string().max(100).nullable(),
});
export type Lost = z.infer<typeof lostSchema>;

/** Result of `open`. */
export interface Opened {
  watermarks: Watermarks;
  overrides: PendingOverrides;
  /** Nothing has been recorded yet, under any key. */
  fresh: boolean;
  /** The workflow before this one ended without handing on what it held. */
  lost?: Lost;
}

/** Result of the updates that change something: false when the same had been done before. */
export interface Recorded {
  changed: boolean;
}

const who = {
  /** Who does it, for the audit. */
  by: z.string().min(1).max(200),
  /** Why, for the audit. */
  reason: z.string().min(1).max(1_000),
};
/** Given by a caller that may have to repeat itself; otherwise made by the workflow. */
const overrideId = z.string().min(1).max(100).optional();
/** Update `set`: the next run begins from this value. Result: the {@link PendingOverride}. */
export const setWatermarkSchema = z.strictObject({
  key: watermarkKeySchema,
  value: jsonValueSchema.refine(
    (value) => typeof value !== 'string' || !/^__[A-Z_]*__$/u.test(value),
    'a constant is no watermark: give a value, or reset it',
  ),
  id: overrideId,
  ...who,
});
export type SetWatermark = z.infer<typeof setWatermarkSchema>;
/** Update `reset`: the next run begins from nothing. Result: the {@link PendingOverride}. */
export const resetWatermarkSchema = z.strictObject({ key: watermarkKeySchema, id: overrideId, ...who });
export type ResetWatermark = z.infer<typeof resetWatermarkSchema>;

/** Input of `tidemarkWatermark`; who starts it gives the pipeline, and what became of the one before. */
export const watermarkInputSchema = z.strictObject({
  version: z.literal(1).default(1),
  pipeline: pipelineNameSchema,
  lost: lostSchema.optional(),
});
export type WatermarkInput = z.input<typeof watermarkInputSchema>;
