import type { FaultRuleInput } from '../../sandbox/titanrdm/index.js';

/** One workflow whose history is kept. */
export interface RecordedCase {
  /** Name of the file. */
  name: string;
  workflow: string;
  input: object;
  faults?: FaultRuleInput[];
  /** Cancelled as soon as the sandbox has seen a call of this route. */
  cancelAt?: string;
  /** Cancelled as soon as its source stands still. */
  cancelWhenStuck?: boolean;
  /** Answered so as soon as it waits for a confirmation. */
  confirm?: 'yes' | 'no';
  /** Children whose histories are kept too, by their ids within the parent's. */
  children?: string[];
  /** Sent at once, by their names. */
  signals?: { name: string; args: unknown[] }[];
  /** Cancelled, since it would never end, as soon as so many steps of this type are done. */
  cancelAfter?: { activity: string; times: number };
  /** Pipeline whose watermark workflow's history is kept too: cancelled, since it would never end. */
  watermarksOf?: string;
}

const base = { connection: 'tenant', branch: { name: 'main' }, poll: { intervalSeconds: 0.2 } };
const people = { target: { domain: 'Customer', name: 'people' }, source: { connection: 'lake', table: 'cust_people' } };
const regions = {
  target: { domain: 'Customer', name: 'REGIONS' },
  source: { connection: 'lake', table: 'cust_regions' },
};
const absent = { target: { domain: 'Customer', name: 'absent' }, source: { connection: 'lake', table: 'cust_absent' } };
const inline = {
  target: { domain: 'Product', name: 'goods' },
  source: { rows: [{ code: '8', name: 'Screw' }] },
  pattern: 'incremental_upsert_only',
};
const bad = { target: { domain: 'Customer', name: 'people' }, source: { connection: 'lake', table: 'bad' } };
const sync = { ...base, domains: ['Customer', 'Product'] };

const landing = (name: string) => ({ schema: 'landing', name, columns: [{ name: 'id', type: 'integer' }] });

/** Batches of a row each, up to a number. */
function ingest(name: string, upTo: number, more: { failsAt?: number; standsStillAt?: number } = {}) {
  const source = { type: 'source', name: 'numbers', options: { upTo, ...more } };
  return { pipeline: name, target: 'warehouse', tables: [landing(name)], source };
}

/** A run of a pipeline that is watched. */
const ended = (runId: string, outcome: 'success' | 'failed') => ({
  name: 'ended',
  args: [
    { pipeline: 'watched', workflow: 'postgresIngest', workflowId: 'tidemark/pipeline/watched', runId, outcome },
    { staleAfterSeconds: null },
  ],
});

/** Id of the first user of AMS's sandbox. */
const USER_IDS = 10_001;
const squad = {
  connection: 'club',
  form: 'Athlete Profile',
  source: { connection: 'lake', table: 'squad' },
  idColumn: 'username',
  onUnknownUser: 'quarantine',
};
const manyProfiles = {
  ...squad,
  source: { rows: Array.from({ length: 40 }, (_, index) => ({ user_id: USER_IDS + index, Locker: String(index) })) },
  idColumn: 'user_id',
  rowsPerStretch: 1,
};

/** Every workflow, well ended, and the ways in which one ends otherwise. */
export const CASES: RecordedCase[] = [
  { name: 'import-batch', workflow: 'titanImportBatch', input: { ...base, tables: [people, regions, absent, inline] } },
  { name: 'import-batch-invalid', workflow: 'titanImportBatch', input: { ...base, tables: [people], patern: 'full' } },
  { name: 'import-batch-bad-table', workflow: 'titanImportBatch', input: { ...base, tables: [bad, regions] } },
  {
    name: 'import-batch-bad-table-others-completed',
    workflow: 'titanImportBatch',
    input: { ...base, tables: [bad, regions], onTableError: 'completeOthers' },
  },
  { name: 'import-batch-nothing-to-send', workflow: 'titanImportBatch', input: { ...base, tables: [absent] } },
  {
    name: 'import-batch-tainted',
    workflow: 'titanImportBatch',
    input: { ...base, tables: [people, regions] },
    faults: [{ kind: 'lostReply', match: { route: 'import_tables.new', table: 'cust_people' }, times: 1 }],
  },
  {
    name: 'import-batch-refused-by-server',
    workflow: 'titanImportBatch',
    input: { ...base, tables: [people] },
    faults: [{ kind: 'importFailed', message: 'not today', match: { route: 'imports.complete' }, times: 1 }],
  },
  {
    name: 'import-batch-cancelled',
    workflow: 'titanImportBatch',
    input: { ...base, tables: [people, regions] },
    faults: [{ kind: 'slow', delayMs: 60_000, match: { route: 'upload.put', table: 'cust_regions' }, times: 1 }],
    cancelAt: 'upload.put',
  },
  {
    name: 'convention-upload',
    workflow: 'titanConventionUpload',
    input: { ...base, domain: 'Customer', store: 'lake' },
  },
  {
    name: 'convention-upload-continued',
    workflow: 'titanConventionUpload',
    input: { ...base, domain: 'Wide', store: 'lake', concurrency: 2 },
  },
  {
    name: 'convention-download',
    workflow: 'titanConventionDownload',
    input: { ...base, domain: 'Customer', store: 'landing' },
  },
  {
    name: 'convention-download-continued',
    workflow: 'titanConventionDownload',
    input: { ...base, domain: 'Wide', store: 'landing', concurrency: 2, exportsInFlight: 2 },
  },
  {
    name: 'convention-download-failed',
    workflow: 'titanConventionDownload',
    input: { ...base, domain: 'Customer', store: 'landing' },
    faults: [{ kind: 'exportFailed', match: { route: 'exports.new', table: 'cust_regions' }, times: 1 }],
  },
  {
    name: 'convention-download-cancelled',
    workflow: 'titanConventionDownload',
    input: { ...base, domain: 'Customer', store: 'landing' },
    faults: [{ kind: 'exportNeverEnds', match: { route: 'exports.new' }, times: 1 }],
    cancelAt: 'exports.get',
  },
  {
    name: 'sync-domains-upload',
    workflow: 'titanSyncDomains',
    input: { ...sync, direction: 'upload', store: 'lake' },
    children: ['Customer', 'Product'],
  },
  {
    name: 'sync-domains-download',
    workflow: 'titanSyncDomains',
    input: { ...sync, direction: 'download', store: 'landing' },
    children: ['Customer'],
  },
  {
    name: 'sync-domains-failed',
    workflow: 'titanSyncDomains',
    input: { ...sync, direction: 'download', store: 'landing', onDomainError: 'stop', domainsInFlight: 1 },
    faults: [{ kind: 'exportFailed', match: { route: 'exports.new' }, times: 1 }],
  },
  { name: 'ingest', workflow: 'postgresIngest', input: ingest('whole', 3) },
  {
    name: 'ingest-files',
    workflow: 'postgresIngest',
    input: {
      ...ingest('people', 0),
      tables: [
        {
          ...landing('people'),
          columns: ['code', 'name'].map((name) => ({ name, type: 'text' })),
          primaryKey: ['code'],
        },
      ],
      source: { type: 'files', connection: 'lake', pattern: 'cust_people*' },
    },
  },
  {
    name: 'ingest-nothing-new',
    workflow: 'postgresIngest',
    input: { ...ingest('whole', 3), batchesPerStretch: 2 },
  },
  {
    name: 'ingest-continued',
    workflow: 'postgresIngest',
    input: {
      ...ingest('long', 40),
      batchesPerStretch: 1,
      highWatermark: '__EARLIEST__',
      delete: '__BEFORE_FIRST_BATCH__',
    },
  },
  { name: 'ingest-invalid', workflow: 'postgresIngest', input: { ...ingest('whole', 3), upsert: 'never' } },
  {
    name: 'ingest-failed',
    workflow: 'postgresIngest',
    input: { ...ingest('broken', 3, { failsAt: 2 }), batchesPerStretch: 1 },
  },
  {
    name: 'ingest-cancelled',
    workflow: 'postgresIngest',
    input: ingest('stuck', 3, { standsStillAt: 2 }),
    cancelWhenStuck: true,
  },
  {
    name: 'ingest-marked',
    workflow: 'postgresIngest',
    input: { ...ingest('marked', 40), batchesPerStretch: 1 },
    watermarksOf: 'marked',
  },
  { name: 'ingest-marked-again', workflow: 'postgresIngest', input: ingest('marked', 41) },
  {
    name: 'convention-download-marks',
    workflow: 'titanConventionDownload',
    input: { ...base, domain: 'Customer', store: 'landing', pattern: 'incremental', pipeline: 'marks' },
  },
  {
    name: 'convention-download-marks-again',
    workflow: 'titanConventionDownload',
    input: { ...base, domain: 'Customer', store: 'landing', pattern: 'incremental', pipeline: 'marks' },
    watermarksOf: 'marks',
  },
  {
    name: 'convention-upload-changes',
    workflow: 'titanConventionUpload',
    input: {
      ...base,
      domain: 'Customer',
      store: 'warehouse',
      pattern: 'incremental_upsert_only',
      incremental: { cursor: 'at' },
      pipeline: 'changes',
    },
  },
  {
    name: 'run',
    workflow: 'tidemarkRun',
    input: { pipeline: 'run', workflow: 'titanImportBatch', input: { ...base, tables: [absent] } },
  },
  {
    name: 'run-failed',
    workflow: 'tidemarkRun',
    input: { pipeline: 'run', workflow: 'titanImportBatch', input: { ...base, tables: [bad] } },
  },
  { name: 'profiles', workflow: 'amsUpsertProfiles', input: squad },
  {
    name: 'profiles-confirmed',
    workflow: 'amsUpsertProfiles',
    input: { ...squad, requireConfirmation: true },
    confirm: 'yes',
  },
  {
    name: 'profiles-cancelled-by-user',
    workflow: 'amsUpsertProfiles',
    input: { ...squad, requireConfirmation: true },
    confirm: 'no',
  },
  {
    name: 'profiles-not-confirmed',
    workflow: 'amsUpsertProfiles',
    input: { ...squad, requireConfirmation: true, confirmTimeoutSeconds: 0.5 },
  },
  { name: 'profiles-refused', workflow: 'amsUpsertProfiles', input: { ...squad, onUnknownUser: 'fail' } },
  { name: 'profiles-invalid', workflow: 'amsUpsertProfiles', input: { ...squad, form: '' } },
  { name: 'profiles-continued', workflow: 'amsUpsertProfiles', input: manyProfiles },
  {
    name: 'profiles-download',
    workflow: 'amsDownloadProfiles',
    input: { connection: 'club', form: 'Athlete Profile', idColumn: 'username', store: 'landing', table: 'squad' },
  },
  // The second one finds nothing to send.
  ...['convention-upload-auto', 'convention-upload-auto-unchanged'].map((name) => ({
    name,
    workflow: 'titanConventionUpload',
    input: { ...base, domain: 'Compared', store: 'lake', pattern: 'auto', maxDeletes: 0.5 },
  })),
  {
    name: 'watch',
    workflow: 'tidemarkWatch',
    input: { pipeline: 'watched' },
    signals: [ended('run 1', 'failed'), ended('run 2', 'success')],
    cancelAfter: { activity: 'tidemarkNotify', times: 2 },
  },
  {
    name: 'watch-stale',
    workflow: 'tidemarkWatch',
    input: { pipeline: 'watched' },
    signals: [{ name: 'configured', args: [{ staleAfterSeconds: 0.5 }] }],
    cancelAfter: { activity: 'tidemarkNotify', times: 1 },
  },
];
