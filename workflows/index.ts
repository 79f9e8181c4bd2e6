/**
 * Tidemark's workflows, safe for Temporal's sandbox. Re-export them from your worker's `workflowsPath`:
 * `export * from 'tidemark/workflows'`.
 */
export { titanImportBatch } from './titan-import-batch.js';
export { titanConventionUpload } from './titan-convention-upload.js';
export { titanConventionDownload } from './titan-convention-download.js';
export { titanSyncDomains } from './titan-sync-domains.js';
export { postgresIngest } from './postgres-ingest.js';
export { tidemarkWatermark } from './tidemark-watermark.js';
export { tidemarkRun } from './tidemark-run.js';
export { amsUpsertProfiles } from './ams-upsert-profiles.js';
export { amsDownloadProfiles } from './ams-download-profiles.js';
export { tidemarkWatch } from './tidemark-watch.js';
