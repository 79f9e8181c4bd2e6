import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Step } from '../ingest/copy-limit.js';
import type { Sample } from '../rounds.js';
import { peakRssMegabytes } from './peak-memory.js';
import { serve } from './program.js';

/** Stands in for psql where there is none: the same statements, files piped as they are. */
const handlers = {
  run: async ({ url, steps }: { url: string; steps: Step[] }): Promise<Sample> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const began = performance.now();
      for (const step of steps) await run(client, step);
      return { seconds: (performance.now() - began) / 1_000, peakRssMegabytes: peakRssMegabytes() };
    } finally {
      await client.end();
    }
  },
  stop: () => Promise.resolve(),
};
export type CopyProgram = typeof handlers;

async function run(client: pg.Client, step: Step): Promise<void> {
  if ('sql' in step) {
    await client.query(step.sql);
    return;
  }
  const options = step.format === 'csv' ? 'FORMAT csv, HEADER' : `FORMAT ${step.format}`;
  const copy = client.query(copyFrom(`COPY ${step.copy} FROM STDIN (${options})`));
  await pipeline(createReadStream(step.file, { highWaterMark: 1024 * 1024 }), copy);
}

serve(handlers);
