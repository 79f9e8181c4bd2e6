import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { collector } from './support/collector.js';
import { openTestStore, type TestStore } from './support/postgres-store.js';

const columns = [
  { name: 'id', dataType: 'integer', primaryKey: true },
  { name: 'name', dataType: 'varchar' },
  { name: 'price', dataType: 'numeric' },
  { name: 'note', dataType: 'varchar' },
];
const ROWS = 1_000_000;
const ROWS_PER_CHUNK = 2_000;
/** What streams, spools and the driver hold at a time; the table has about a hundred megabytes. */
const MAX_HELD_BYTES = 32 * 1024 * 1024;

let test: TestStore;

beforeAll(async () => {
  test = await openTestStore();
});
afterAll(() => test.close());

function table(rows: number, changed: (id: number) => boolean): Readable {
  function* chunks(): Generator<Buffer> {
    yield Buffer.from('id,name,price,note\n');
    for (let first = 0; first < rows; first += ROWS_PER_CHUNK) {
      const lines = Array.from({ length: Math.min(ROWS_PER_CHUNK, rows - first) }, (_, index) => {
        const id = first + index;
        return `${id},"name, of ${id}",${id}.10,${changed(id) ? 'changed' : 'a note that is as long as notes are and then some more of it'}\n`;
      });
      yield Buffer.from(lines.join(''));
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

/** Most bytes outside the heap that were held at once, above those before. */
async function mostHeld<T>(work: () => Promise<T>): Promise<{ result: T; held: number; looks: number }> {
  const collect = collector();
  collect();
  const before = process.memoryUsage().arrayBuffers;
  let held = 0;
  let looks = 0;
  const now = (): number => process.memoryUsage().arrayBuffers - before;
  const timer = setInterval(() => {
    looks += 1;
    // What is not needed any more does not count. Collecting takes long: only where it matters.
    if (now() > MAX_HELD_BYTES) collect();
    held = Math.max(held, now());
  }, 100);
  try {
    return { result: await work(), held, looks };
  } finally {
    clearInterval(timer);
  }
}

describe('a million rows', () => {
  it('are written, compared and read in the memory of a few chunks', async () => {
    const write = (rows: number, changed: (id: number) => boolean) => () =>
      test.store.write('big', table(rows, changed), { mode: 'replace', columns });
    const first = await mostHeld(write(ROWS, () => false));
    expect(first.result).toMatchObject({ table: 'big', rows: ROWS });
    const second = await mostHeld(write(ROWS - 1, (id) => id % 1_000 === 0));
    expect(second.result).toMatchObject({ rows: ROWS - 1 });
    const { rows } = await test.client.query(
      `SELECT count(*)::int AS rows, count(*) FILTER (WHERE note = 'changed')::int AS changed FROM rdm.big`,
    );
    expect(rows).toEqual([{ rows: ROWS - 1, changed: ROWS / 1_000 }]);
    const read = await mostHeld(async () => {
      const csv = await test.store.read('big');
      let bytes = 0;
      for await (const chunk of csv!.stream as AsyncIterable<Buffer>) bytes += chunk.length;
      return bytes;
    });
    expect(read.result).toBeGreaterThan(50_000_000);
    for (const { held, looks } of [first, second, read]) {
      expect(looks).toBeGreaterThan(3);
      expect(held).toBeLessThan(MAX_HELD_BYTES);
    }
  }, 120_000);
});
