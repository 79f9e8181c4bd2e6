import * as nexus from 'nexus-rpc';
import type { TidemarkWorkflows, WorkflowInput, WorkflowName, WorkflowResult } from './workflow-types.js';

// `tidemark/nexus`: what a caller needs, and nothing of a worker. Safe for Temporal's sandbox: a workflow imports it.

/** Input of an operation: the workflow's, as plain JSON, and the id that the workflow gets. */
export type OperationInput<Name extends WorkflowName> = WorkflowInput<Name> & {
  /** Left out: the pipeline's own when the input names a `pipeline`, so that its runs never overlap, else one made of the request's id. */
  workflowId?: string;
};

/** The workflow that each operation of the service runs. A workflow that other namespaces and languages may start is one line here. */
export const OPERATION_WORKFLOWS = {
  importBatch: 'titanImportBatch',
  conventionUpload: 'titanConventionUpload',
  conventionDownload: 'titanConventionDownload',
  syncDomains: 'titanSyncDomains',
  ingest: 'postgresIngest',
  profileUpsert: 'amsUpsertProfiles',
} as const satisfies Record<string, keyof TidemarkWorkflows>;

type Operations = {
  [Operation in keyof typeof OPERATION_WORKFLOWS]: nexus.PartialOperation<
    OperationInput<(typeof OPERATION_WORKFLOWS)[Operation]>,
    WorkflowResult<(typeof OPERATION_WORKFLOWS)[Operation]>
  >;
};

/**
 * The Nexus service `tidemark`: each operation runs a workflow in the handler's namespace and ends as it ends.
 *
 * @example
 * const client = createNexusServiceClient({ endpoint: 'tables', service: tidemarkService });
 * const { batch } = await client.executeOperation('importBatch', { connection: 'tenant', branch: { name: 'main' }, tables });
 */
export const tidemarkService = nexus.service(
  'tidemark',
  // Each name has its operation; `fromEntries` forgets the names.
  Object.fromEntries(Object.keys(OPERATION_WORKFLOWS).map((name) => [name, nexus.operation()])) as Operations,
);
