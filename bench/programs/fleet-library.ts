import { ingest, Postgres } from '../../connectors/postgres/index.js';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import { fleetBatches } from '../fleet/pipelines.js';
import type { Sample } from '../rounds.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

export interface FleetLibraryRun {
  access: { url: string; user: string; password: string };
  tables: PostgresTable[];
  /** Of each table. */
  rows: number;
  /** Ingests under way at a time. */
  lanes: number;
}

export interface FleetLibrarySample extends Sample {
  /** Of each ingest. */
  each: number[];
}

/** The same ingests by the library alone, without Temporal, in one process with one pool of sessions, as in one worker. */
const handlers = {
  run: async ({ access, tables, rows, lanes }: FleetLibraryRun): Promise<FleetLibrarySample> => {
    const postgres = new Postgres(access);
    const waiting = [...tables];
    const each: number[] = [];
    const lane = async (): Promise<void> => {
      for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
        const began = performance.now();
        await ingest(postgres, [table], fleetBatches(table, rows));
        each.push((performance.now() - began) / 1_000);
      }
    };
    const began = performance.now();
    await Promise.all(Array.from({ length: lanes }, lane));
    const seconds = (performance.now() - began) / 1_000;
    await postgres.close();
    return { seconds, each, peakRssMegabytes: peakRssMegabytes() };
  },
  stop: () => Promise.resolve(),
};
export type FleetLibraryProgram = typeof handlers;

serve(handlers);
