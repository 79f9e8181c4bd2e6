import type { AmsDownloadProfilesInput, AmsUpsertProfilesInput } from './ams-inputs.js';
import type { AmsDownloadProfilesResult, AmsUpsertProfilesResult } from './ams-results.js';
import type { PostgresIngestInput } from './postgres-inputs.js';
import type { PostgresIngestResult } from './postgres-results.js';
import type {
  TitanConventionDownloadInput,
  TitanConventionUploadInput,
  TitanImportBatchInput,
  TitanSyncDomainsInput,
} from './titan-inputs.js';
import type {
  TitanConventionDownloadResult,
  TitanConventionUploadResult,
  TitanImportBatchResult,
  TitanSyncDomainsResult,
} from './titan-results.js';

/**
 * Every workflow that is started with an input and ends with a result, by its public name. Types alone: who starts a workflow needs none of
 * its code, neither a client nor a parent workflow (`import type { TidemarkWorkflows } from 'tidemark'`).
 *
 * @example
 * const result = await executeChild<TidemarkWorkflows['titanImportBatch']>('titanImportBatch', { args: [input] });
 */
export interface TidemarkWorkflows {
  titanImportBatch(input: TitanImportBatchInput): Promise<TitanImportBatchResult>;
  titanConventionUpload(input: TitanConventionUploadInput): Promise<TitanConventionUploadResult>;
  titanConventionDownload(input: TitanConventionDownloadInput): Promise<TitanConventionDownloadResult>;
  titanSyncDomains(input: TitanSyncDomainsInput): Promise<TitanSyncDomainsResult>;
  postgresIngest(input: PostgresIngestInput): Promise<PostgresIngestResult>;
  amsUpsertProfiles(input: AmsUpsertProfilesInput): Promise<AmsUpsertProfilesResult>;
  amsDownloadProfiles(input: AmsDownloadProfilesInput): Promise<AmsDownloadProfilesResult>;
}

export type WorkflowName = keyof TidemarkWorkflows;
export type WorkflowInput<Name extends WorkflowName> = Parameters<TidemarkWorkflows[Name]>[0];
export type WorkflowResult<Name extends WorkflowName> = Awaited<ReturnType<TidemarkWorkflows[Name]>>;
