import { z } from 'zod';
import { configNameSchema } from './config-connections.js';

/** Id of the workflow that is one run of a pipeline: fixed, so that runs of a pipeline are serialised. */
export function pipelineWorkflowId(pipeline: string): string {
  return `tidemark/pipeline/${pipeline}`;
}

/** What becomes of a run whose pipeline is running already: it waits for the end of that one, does nothing, or fails. */
export const ifRunningSchema = z.enum(['wait', 'skip', 'fail']);
export type IfRunning = z.infer<typeof ifRunningSchema>;

/**
 * Input of `tidemarkRun`: one run of a configured pipeline, what Schedules start. The workflow is started as a child with the pipeline's own
 * id, `tidemark/pipeline/{pipeline}`, so that there is one at a time.
 */
export const tidemarkRunInputSchema = z.strictObject({
  version: z.literal(1).default(1),
  pipeline: configNameSchema,
  /** Type of the workflow, for instance `titanConventionUpload`. */
  workflow: z.string().min(1),
  /** Its input, checked by its own schema. */
  input: z.record(z.string(), z.unknown()),
  ifRunning: ifRunningSchema.default('wait'),
});
export type TidemarkRunInput = z.input<typeof tidemarkRunInputSchema>;

/** Result of `tidemarkRun` when the pipeline was running already and `ifRunning` says `skip`. Otherwise it is the workflow's own. */
export interface SkippedRun {
  summary: string;
  skipped: true;
}
