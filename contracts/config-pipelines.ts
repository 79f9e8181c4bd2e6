import { z } from 'zod';
import {
  titanConventionDownloadInputSchema,
  titanConventionUploadInputSchema,
  titanImportBatchInputSchema,
  titanSyncDomainsInputSchema,
} from './titan-inputs.js';
import type { ConnectionRole } from './config-connections.js';

function pipelineOf<Name extends string, Input extends z.ZodType>(workflow: Name, input: Input) {
  return z.strictObject({
    /** The workflow that a run starts. */
    workflow: z.literal(workflow),
    /** Input of the workflow, by the workflow's own schema. */
    input,
    /** One line for people: what this pipeline is for. */
    description: z.string().min(1).max(500).optional(),
  });
}

/** A named, configured movement: workflow type and its input. */
export const pipelineSchema = z.discriminatedUnion('workflow', [
  pipelineOf('titanImportBatch', titanImportBatchInputSchema),
  pipelineOf('titanConventionUpload', titanConventionUploadInputSchema),
  pipelineOf('titanConventionDownload', titanConventionDownloadInputSchema),
  pipelineOf('titanSyncDomains', titanSyncDomainsInputSchema),
]);
export type PipelineConfig = z.infer<typeof pipelineSchema>;
export type PipelineWorkflow = PipelineConfig['workflow'];

/** A place in a pipeline's input that names a connection, and what that connection must be. */
export interface ConnectionUse {
  /** Path inside the pipeline. */
  path: (string | number)[];
  name: string;
  role: ConnectionRole;
}

/** Every connection that a pipeline names. */
export function connectionUses(pipeline: PipelineConfig): ConnectionUse[] {
  const tenant: ConnectionUse = { path: ['input', 'connection'], name: pipeline.input.connection, role: 'tenant' };
  if (pipeline.workflow === 'titanImportBatch') {
    const sources = pipeline.input.tables.flatMap(({ source }, index): ConnectionUse[] =>
      'connection' in source
        ? [{ path: ['input', 'tables', index, 'source', 'connection'], name: source.connection, role: 'store' }]
        : [],
    );
    return [tenant, ...sources];
  }
  return [tenant, { path: ['input', 'store'], name: pipeline.input.store, role: 'store' }];
}
