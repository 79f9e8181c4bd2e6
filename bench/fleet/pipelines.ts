import type { Batches, IngestBatch, JsonValue } from '../../connectors/postgres/index.js';
import type { TidemarkConfigInput } from '../../contracts/config.js';
import type { PostgresTable } from '../../contracts/postgres-table.js';

/** Names in the worker: the connection to the target, the source that yields rows. */
export const TARGET = 'warehouse';
export const SOURCE = 'fleet';

/** One of the fleet, with a table of its own. */
export interface FleetPipeline {
  /** Unique on the server, also where that is one that was running before. */
  name: string;
  table: PostgresTable;
}

/** A table without key: a batch that was written twice is there twice. */
export function tableOf(schema: string, index: number): PostgresTable {
  return {
    schema,
    name: `p${String(index + 1).padStart(4, '0')}`,
    columns: [
      { name: 'batch', type: 'bigint' },
      { name: 'number', type: 'bigint' },
      { name: 'note', type: 'text' },
    ],
  };
}

/** The text of a row: where it is, and when it came. */
export const noteOf = (table: string, batch: number, number: number): string => `${table} ${batch}/${number}`;

/** The one batch that lies behind a watermark: the next number. Each run brings one. */
export function batchBehind(highWatermark: JsonValue, table: PostgresTable, rows: number): IngestBatch {
  const batch = (typeof highWatermark === 'number' ? highWatermark : 0) + 1;
  const rowsOf = function* (): Generator<readonly [PostgresTable, unknown[]]> {
    for (let number = 1; number <= rows; number += 1) yield [table, [batch, number, noteOf(table.name, batch, number)]];
  };
  return { highWatermark: batch, rows: rowsOf() };
}

/** The same for the library; an attempt after one that had committed yields nothing. */
export function fleetBatches(table: PostgresTable, rows: number): Batches {
  return (highWatermark, { batches }) => (batches > 0 ? [] : [batchBehind(highWatermark, table, rows)]);
}

export interface FleetConfig {
  pipelines: readonly FleetPipeline[];
  /** Of each run. */
  rows: number;
  project: string;
  taskQueue: string;
  access: { url: string; user: string; password: string };
  results: string;
}

type PipelineInput = NonNullable<TidemarkConfigInput['pipelines']>[string];

/** A `tidemark.yaml` of the fleet, each pipeline due once, at its time. */
export function fleetConfig(fleet: FleetConfig, dueOf: (index: number) => Date): TidemarkConfigInput {
  const { pipelines, rows, project, taskQueue, access, results } = fleet;
  const entries = pipelines.map(({ name, table }, index): [string, PipelineInput] => [
    name,
    {
      workflow: 'postgresIngest',
      input: { source: { type: 'source', name: SOURCE, options: { rows } }, target: TARGET, tables: [table] },
      schedule: { calendar: calendarOf(dueOf(index)) },
    },
  ]);
  return {
    version: 1,
    project,
    temporal: { taskQueue },
    connections: { [TARGET]: { type: 'postgres', ...access } },
    pipelines: Object.fromEntries(entries),
    results: { folder: results },
  };
}

/** One moment, in UTC. */
function calendarOf(due: Date) {
  return {
    second: due.getUTCSeconds(),
    minute: due.getUTCMinutes(),
    hour: due.getUTCHours(),
    dayOfMonth: due.getUTCDate(),
    month: due.getUTCMonth() + 1,
    year: due.getUTCFullYear(),
  };
}
