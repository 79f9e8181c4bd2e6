import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { compareForUpload } from '../connectors/titanrdm/compare/index.js';
import { prepareUpload } from '../connectors/titanrdm/prepare-upload.js';
import { collector } from './support/collector.js';
import { columnsOf } from './support/upload-tables.js';

const ROWS = 800_000;
const ROWS_PER_CHUNK = 2_000;
/** What streams and temporary files hold at a time; each side has about a hundred megabytes. What DuckDB may use is a setting of its own. */
const MAX_HELD_BYTES = 64 * 1_024 * 1_024;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tidemark-compare-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Every 1000th row is changed, every 2000th is left out. */
function table(header: string, { isNew, ending }: { isNew: boolean; ending: string }): Readable {
  function* chunks(): Generator<Buffer> {
    yield Buffer.from(header);
    for (let first = 0; first < ROWS; first += ROWS_PER_CHUNK) {
      const lines = Array.from({ length: ROWS_PER_CHUNK }, (_, index) => {
        const id = first + index;
        if (isNew && id % 2_000 === 1) return '';
        const note =
          isNew && id % 1_000 === 0 ? 'changed' : 'a note that is as long as notes are and then some more of it';
        return `${id},"name, of ${id}",${id}.10,${note}${ending}\n`;
      });
      yield Buffer.from(lines.join(''));
    }
  }
  return Readable.from(chunks(), { objectMode: false });
}

it('compares two tables of any size in the same memory, and leaves no file behind', async () => {
  const collect = collector();
  collect();
  const before = process.memoryUsage().arrayBuffers;
  let held = 0;
  const now = (): number => process.memoryUsage().arrayBuffers - before;
  const timer = setInterval(() => {
    // What is not needed any more does not count. Collecting takes long: only where it matters.
    if (now() > MAX_HELD_BYTES) collect();
    held = Math.max(held, now());
  }, 50);
  try {
    const columns = columnsOf('id*', 'name', 'price', 'note');
    const shape = { table: 'cust_large', columns, pattern: 'auto' } as const;
    const source = { stream: table('id,name,price,note\n', { isNew: true, ending: '' }) };
    const checks = { ...shape, maxFileBytes: Infinity, validate: true, spoolDirectory: directory };
    const prepared = await prepareUpload(source, checks);
    const csv = table('id,name,price,note,trdm_sk\n', { isNew: false, ending: ',7' });
    const delta = await compareForUpload(prepared, {
      ...{ ...shape, directory },
      held: () => Promise.resolve({ csv, rows: ROWS }),
    });
    expect(delta.difference).toEqual({ inserts: 0, updates: 800, deletes: 400, unchanged: ROWS - 1_200, held: ROWS });
    await Promise.all([prepared.dispose(), delta.dispose()]);
  } finally {
    clearInterval(timer);
  }
  expect(held).toBeLessThan(MAX_HELD_BYTES);
  expect(await readdir(directory)).toEqual([]);
});
