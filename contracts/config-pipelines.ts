import { z } from 'zod';
import {
  titanConventionDownloadConfigSchema,
  titanConventionUploadConfigSchema,
  titanImportBatchInputSchema,
  titanSyncDomainsConfigSchema,
} from './titan-inputs.js';
import { amsDownloadProfilesInputSchema, amsUpsertProfilesInputSchema } from './ams-inputs.js';
import { staleAfterSchema } from './config-notifications.js';
import type { ConnectionRole } from './config-connections.js';
import { scheduleSchema } from './config-schedule.js';
import type { TableReference } from './table-reference.js';
import { postgresIngestConfigSchema, type PostgresIngestOptions } from './postgres-inputs.js';

function pipelineOf<Name extends string, Input extends z.ZodType>(workflow: Name, input: Input) {
  return z.strictObject({
    /** The workflow that a run starts. */
    workflow: z.literal(workflow),
    /** Input of the workflow, by the workflow's own schema. */
    input,
    /** One line for people: what this pipeline is for. */
    description: z.string().min(1).max(500).optional(),
    schedule: scheduleSchema.optional(),
    /** How long its high watermark may stand still before `notifications` tell of it: `6h`. */
    staleAfter: staleAfterSchema.optional(),
  });
}

/** A named, configured movement: workflow type, its input, and when it runs by itself. */
export const pipelineSchema = z.discriminatedUnion('workflow', [
  pipelineOf('titanImportBatch', titanImportBatchInputSchema),
  pipelineOf('titanConventionUpload', titanConventionUploadConfigSchema),
  pipelineOf('titanConventionDownload', titanConventionDownloadConfigSchema),
  pipelineOf('titanSyncDomains', titanSyncDomainsConfigSchema),
  pipelineOf('postgresIngest', postgresIngestConfigSchema),
  pipelineOf('amsUpsertProfiles', amsUpsertProfilesInputSchema),
  pipelineOf('amsDownloadProfiles', amsDownloadProfilesInputSchema),
]);
export type PipelineConfig = z.infer<typeof pipelineSchema>;
export type PipelineWorkflow = PipelineConfig['workflow'];

/** What a run of the pipeline is started with: its input, which says whose run it is. */
export function pipelineInput(name: string, { input }: PipelineConfig): object {
  return { ...input, pipeline: input.pipeline ?? name };
}

/** A place in a pipeline's input that names a connection, and what that connection must be. */
export interface ConnectionUse {
  /** Path inside the pipeline. */
  path: (string | number)[];
  name: string;
  role: ConnectionRole;
  /** The query of the connection that the pipeline names beside it. */
  query?: string;
}

/** Every connection that a pipeline names. */
export function connectionUses(pipeline: PipelineConfig): ConnectionUse[] {
  if (pipeline.workflow === 'postgresIngest') return ingestUses(pipeline.input);
  if (pipeline.workflow === 'amsUpsertProfiles' || pipeline.workflow === 'amsDownloadProfiles') {
    const site: ConnectionUse = { path: ['input', 'connection'], name: pipeline.input.connection, role: 'site' };
    if (pipeline.workflow === 'amsUpsertProfiles')
      return [site, ...referenceUses(pipeline.input.source, ['input', 'source'])];
    return [site, { path: ['input', 'store'], name: pipeline.input.store, role: 'store' }];
  }
  const tenant: ConnectionUse = { path: ['input', 'connection'], name: pipeline.input.connection, role: 'tenant' };
  if (pipeline.workflow === 'titanImportBatch') {
    const sources = pipeline.input.tables.flatMap(({ source }, index) =>
      referenceUses(source, ['input', 'tables', index, 'source']),
    );
    return [tenant, ...sources];
  }
  return [tenant, { path: ['input', 'store'], name: pipeline.input.store, role: 'store' }];
}

/** The store that a table reference names, if it does. */
function referenceUses(source: TableReference, path: ConnectionUse['path']): ConnectionUse[] {
  if (!('connection' in source)) return [];
  const query = 'query' in source ? { query: source.query } : {};
  return [{ path: [...path, 'connection'], name: source.connection, role: 'store', ...query }];
}

function ingestUses({ source, target }: Pick<PostgresIngestOptions, 'source' | 'target'>): ConnectionUse[] {
  const into: ConnectionUse = { path: ['input', 'target'], name: target, role: 'database' };
  if (!('connection' in source)) return [into];
  const role = SOURCE_ROLES[source.type];
  const query = source.type === 'query' && source.query !== undefined ? { query: source.query } : {};
  return [into, { path: ['input', 'source', 'connection'], name: source.connection, role, ...query }];
}

const SOURCE_ROLES = { query: 'database', files: 'folder', titanrdm: 'tenant' } as const;
