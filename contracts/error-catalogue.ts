import { amsErrors } from './error-catalogue-ams.js';
import { ingestErrors } from './error-catalogue-ingest.js';
import { operationsErrors } from './error-catalogue-operations.js';
import { postgresErrors } from './error-catalogue-postgres.js';
import { profileErrors } from './error-catalogue-profiles.js';
import { runErrors } from './error-catalogue-runs.js';
import { scheduleErrors } from './error-catalogue-schedules.js';
import { setupErrors } from './error-catalogue-setup.js';
import { tableErrors } from './error-catalogue-tables.js';
import { watermarkErrors } from './error-catalogue-watermark.js';

/** What an error code means and what to do about it. */
export interface CatalogueEntry {
  meaning: string;
  mend: string;
}

/** Every code that Tidemark's errors carry, but for those of a connector, which keeps its own list beside its client. */
export const errorCatalogue: Readonly<Record<string, CatalogueEntry>> = {
  ...setupErrors,
  ...tableErrors,
  ...runErrors,
  ...scheduleErrors,
  ...postgresErrors,
  ...ingestErrors,
  ...watermarkErrors,
  ...amsErrors,
  ...profileErrors,
  ...operationsErrors,
};
