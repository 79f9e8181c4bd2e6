import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue } from '../../connectors/postgres/index.js';
import type { PostgresIngestInput } from '../../contracts/postgres-inputs.js';
import { defineHook, defineSource } from '../../workers/index.js';
import { openIngestBench, unkeyed, type IngestBench, type IngestBenchOptions } from './ingest-worker.js';
import { noteSecrets } from './known-secrets.js';

/** In rows of the source `numbers`: wherever else it is found, a row has leaked. */
export const ROW = 'rowmark-of-the-ingest-tests';

/** What the source `numbers` was asked for, what it does on its way, and what the hook `look` has seen. */
export const numbers = {
  asked: [] as { from: JsonValue; committedBatches: number }[],
  hooked: [] as unknown[],
  upTo: 3,
  onItsWay: (() => undefined) as (batch: number) => Promise<void> | void,
  reset(): void {
    this.asked.length = 0;
    this.hooked.length = 0;
    this.upTo = 3;
    this.onItsWay = () => undefined;
  },
};

/** Batch n has one row n, and brings the watermark to n. */
const numbersSource = defineSource('numbers', async function* (highWatermark, { tables: [table], committedBatches }) {
  numbers.asked.push({ from: highWatermark, committedBatches });
  if (table === undefined) return;
  for (let batch = Number(highWatermark ?? 0) + 1; batch <= numbers.upTo; batch += 1) {
    await numbers.onItsWay(batch);
    yield { highWatermark: batch, metadata: { batch }, rows: [[table, [batch, `${ROW} ${batch}`]] as const] };
  }
});
const lookHook = defineHook('look', async ({ client, table, batchMetadata }) => {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM "${table.schema}"."${table.name}"`);
  numbers.hooked.push([batchMetadata, Number(rows[0]?.count)]);
});

/** A bench that has them. */
export function openNumbersBench(options: Pick<IngestBenchOptions, 'worker' | 'server'> = {}): Promise<IngestBench> {
  noteSecrets([ROW]);
  return openIngestBench({ ...options, sources: [numbersSource], hooks: [lookHook] });
}

let tables = 0;
export const newTable = () => unkeyed(`t${(tables += 1)}`);

/** An ingest of `numbers` into the table. */
export const inputFor = (
  table: PostgresIngestInput['tables'][number],
  more: Partial<PostgresIngestInput> = {},
): PostgresIngestInput => ({
  pipeline: `of ${table.name}`,
  target: 'target',
  tables: [table],
  source: { type: 'source', name: 'numbers' },
  ...more,
});

/** The ids in the table, in order. */
export const idsOf = async (bench: IngestBench, table: { name: string }): Promise<number[]> =>
  (await bench.rows(`SELECT id FROM landing.${table.name} ORDER BY id`)).map(([id]) => Number(id));

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
