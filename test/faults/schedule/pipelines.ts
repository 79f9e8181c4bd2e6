import { configSchema, type TidemarkConfig } from '../../../contracts/config.js';
import { ABBREVIATION, BRANCH, DOMAIN, POLL } from '../scenario.js';
import { COLUMNS, SOURCE_TABLE } from '../source-rows.js';

export const DATABASE = 'db';
export const TENANT = 'tenant';
export const STORE = 'lake';

/** Tables of TitanRDM that change, by physical name, and how many records each may have. */
export const TITAN_TABLES = { beta: 120, gamma: 60 };
/** Seconds that their marks stay behind: what changed since is received again. */
export const LAG_SECONDS = 2;

/** Rows of one batch: a run between two firings has one or a few. */
const BATCH_ROWS = 100;

/** What a pipeline of the scenario is called, and where its rows arrive. */
export interface IngestPipeline {
  pipeline: string;
  table: string;
}
export interface Pipelines {
  /** Two ingests of one source, each into a table without a key: a row that comes twice is there twice. */
  ingests: readonly [IngestPipeline, IngestPipeline];
  /** An incremental download of TitanRDM by convention. */
  download: string;
}

/** Names that nobody else has. */
export function pipelinesOf(name: string): Pipelines {
  return {
    ingests: [
      { pipeline: `${name}-skip`, table: 'skip' },
      { pipeline: `${name}-crowd`, table: 'crowd' },
    ],
    download: `${name}-download`,
  };
}

export const allPipelines = ({ ingests, download }: Pipelines): string[] => [
  ...ingests.map(({ pipeline }) => pipeline),
  download,
];

export const conventionKeyOf = (table: string): string => `${ABBREVIATION}_${table}`;

export interface ScheduledConfig {
  temporal: object;
  connections: object;
  results: string;
  pipelines: Pipelines;
}

/** Each Schedule with an overlap policy of its own; with `allowAll` it is the runs themselves that must not overlap. */
export function scheduledConfig({ temporal, connections, results, pipelines }: ScheduledConfig): TidemarkConfig {
  const [skip, crowd] = pipelines.ingests;
  return configSchema.parse({
    version: 1,
    temporal,
    connections,
    results: { folder: results },
    worker: { shutdownGraceSeconds: 2 },
    pipelines: {
      [skip.pipeline]: { ...ingestOf(skip), schedule: { interval: { every: '2s' }, overlap: 'skip' } },
      [crowd.pipeline]: {
        ...ingestOf(crowd),
        schedule: { interval: { every: '3s' }, overlap: 'allowAll', ifRunning: 'wait', catchupWindow: '10s' },
      },
      [pipelines.download]: {
        workflow: 'titanConventionDownload',
        input: {
          connection: TENANT,
          branch: { name: BRANCH },
          domain: DOMAIN,
          tables: Object.keys(TITAN_TABLES),
          store: STORE,
          pattern: 'incremental',
          lagSeconds: LAG_SECONDS,
          // Each version of a record is a change, one that another has replaced since too.
          includeHistory: true,
          poll: POLL,
        },
        schedule: { interval: { every: '4s' }, overlap: 'bufferOne', catchupWindow: '10s' },
      },
    },
  });
}

function ingestOf({ table }: IngestPipeline): object {
  return {
    workflow: 'postgresIngest',
    input: {
      source: { type: 'query', connection: DATABASE, table: SOURCE_TABLE, cursor: 'seq', batchRows: BATCH_ROWS },
      target: DATABASE,
      tables: [{ schema: 'target', name: table, columns: COLUMNS }],
      batchesPerStretch: 3,
    },
  };
}
