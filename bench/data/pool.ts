import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { z } from 'zod';
import { FIRST_ID, HEADER, quoted } from './rows.js';

/** Distinct rows of the pool: few enough to be at hand, enough that no two neighbours are alike. */
const POOL_ROWS = 10_000;

/** A row without its key: note, amount, changed_at (milliseconds only, since a JavaScript Date has no more), active, name, attributes. */
const pooledRowSchema = z.tuple([
  z.string().nullable(),
  z.string(),
  z.iso.datetime({ precision: 3 }),
  z.boolean(),
  z.string(),
  z.record(z.string(), z.unknown()),
]);
const poolSchema = z.array(pooledRowSchema).min(1);
export type PooledRow = z.infer<typeof pooledRowSchema>;

/** The first rows of a CSV file of the benchmark, as values. */
export async function poolFrom(csv: string): Promise<PooledRow[]> {
  const parser = createReadStream(csv).pipe(
    parse({ from: 2, to: POOL_ROWS + 1, cast: (value, { quoting }) => (value === '' && !quoting ? null : value) }),
  );
  const pool: PooledRow[] = [];
  for await (const record of parser) {
    // Its type says any: text, or null by the cast above.
    const [, note, amount, changedAt, active, name, attributes] = record as (string | null)[];
    pool.push(
      pooledRowSchema.parse([
        note,
        amount,
        new Date(changedAt ?? '').toISOString(),
        active === 'true',
        name,
        JSON.parse(attributes ?? ''),
      ]),
    );
  }
  return pool;
}

export function parsePool(json: string): PooledRow[] {
  return poolSchema.parse(JSON.parse(json));
}

/** CSV of the rows that `json`, a pool, stands for. */
export function* pooledChunks(json: string, rows: number): Generator<string> {
  const tails = parsePool(json).map(
    ([note, amount, changedAt, active, name, attributes]) =>
      `,${note === null ? '' : quoted(note)},${amount},${changedAt},${String(active)},${name},${quoted(JSON.stringify(attributes))}\n`,
  );
  yield HEADER;
  for (let first = 0; first < rows; first += tails.length) {
    let chunk = '';
    for (let row = first; row < Math.min(first + tails.length, rows); row += 1)
      chunk += `${FIRST_ID + row}${tails[row - first] ?? ''}`;
    yield chunk;
  }
}

/** The same rows as JavaScript values, as a user's program has them. */
export function* pooledValues(pool: readonly PooledRow[], rows: number): Generator<unknown[]> {
  const values = pool.map(([note, amount, changedAt, active, name, attributes]) => [
    note,
    amount,
    new Date(changedAt),
    active,
    name,
    attributes,
  ]);
  for (let row = 0; row < rows; row += 1) yield [FIRST_ID + row, ...(values[row % values.length] ?? [])];
}
