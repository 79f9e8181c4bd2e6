/**
 * Tidemark's workflows, safe for Temporal's sandbox. Re-export them from your worker's `workflowsPath`:
 * `export * from 'tidemark/workflows'`.
 */
export { titanImportBatch } from './titan-import-batch.js';
export { titanConventionUpload } from './titan-convention-upload.js';
export { titanConventionDownload } from './titan-convention-download.js';
export { titanSyncDomains } from './titan-sync-domains.js';
export { postgresIngest } from './postgres-ingest.js';
export { tidemarkWatch } from './tidemark-watch.js';
