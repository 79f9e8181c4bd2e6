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

/** One line of the audit: who, when, why, from, to, which run. */
export interface WatermarkEvent {
  at: string;
  key: string;
  kind: 'advanced' | 'set' | 'reset' | 'applied' | 'rebuilt';
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

const who = {
  /** Who does it, for the audit. */
  by: z.string().min(1).max(200),
  /** Why, for the audit. */
  reason: z.string().min(1).max(1_000),
};
/** Update `set`: the next run begins from this value. */
export const setWatermarkSchema = z.strictObject({ key: watermarkKeySchema, value: jsonValueSchema, ...who });
/** Update `reset`: the next run begins from nothing. */
export const resetWatermarkSchema = z.strictObject({ key: watermarkKeySchema, ...who });

/** Input of `tidemarkWatermark`; who starts it gives the pipeline alone. */
export const watermarkInputSchema = z.strictObject({ version: z.literal(1).default(1), pipeline: pipelineNameSchema });
export type WatermarkInput = z.input<typeof watermarkInputSchema>;
