import { ingest } from '../../connectors/postgres/index.js';
import { tuneProcess } from '../../workers/tune-process.js';
import { batchesOf, type BenchSource } from '../ingest/source.js';
import { tableDefinition } from '../ingest/table.js';
import type { Sample } from '../rounds.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

/** The library alone, without Temporal: what the workflow needs above this is the price of durability. */
const handlers = {
  run: async (job: { url: string; key: boolean; source: BenchSource; sessions: number }): Promise<Sample> => {
    const { url, key, source, sessions } = job;
    tuneProcess();
    const table = tableDefinition(key);
    const batches = await batchesOf(source, table);
    const began = performance.now();
    await ingest({ url }, [table], batches, { sessions, askAhead: true });
    return { seconds: (performance.now() - began) / 1_000, peakRssMegabytes: peakRssMegabytes() };
  },
  stop: () => Promise.resolve(),
};
export type IngestLibraryProgram = typeof handlers;

serve(handlers);
