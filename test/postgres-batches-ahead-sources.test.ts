import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defineSource } from '../activities/postgres/index.js';
import { openSource } from '../activities/postgres/sources/open-source.js';
import { readWatermark } from '../connectors/postgres/index.js';
import { createStore } from '../connectors/tables/index.js';
import { postgresIngestInputSchema } from '../contracts/postgres-inputs.js';
import { type IngestBench, openIngestBench, unkeyed } from './support/ingest-worker.js';

const COUNT = 12;
/** What was committed when a source was asked for the next batch, by its name. */
const seen: Record<string, unknown[]> = {};
let onAsked: (name: string, batch: number) => Promise<void> = () => Promise.resolve();
let bench: IngestBench;
const counting = (name: string, habits?: { askAhead: boolean }) =>
  defineSource(
    name,
    async function* (_highWatermark, { tables: [table] }) {
      if (table === undefined) return;
      for (let batch = 1; batch <= COUNT; batch += 1) {
        yield { highWatermark: batch, rows: [[table, [batch, `row ${batch}`]] as const] };
        (seen[name] ??= []).push((await readWatermark(bench.postgres, table)).value);
        await onAsked(name, batch);
      }
    },
    habits,
  );

const sources = [counting('patient'), counting('eager', { askAhead: true })];
const inbox = createStore({ type: 'files', path: tmpdir() });

beforeAll(async () => {
  bench = await openIngestBench({ sources });
});
afterAll(async () => {
  await inbox.close();
  await bench.close();
});

const input = (name: string, source: object) => ({
  pipeline: name,
  target: 'target',
  tables: [unkeyed(name)],
  source,
  sessions: 2,
});
const landed = (name: string): Promise<unknown[][]> => bench.rows(`SELECT id, label FROM landing.${name} ORDER BY id`);
const expected = Array.from({ length: COUNT }, (_, index) => [String(index + 1), `row ${index + 1}`]);

describe('an ingest by two sessions', () => {
  it('asks a source of the user ahead, where that says so', async () => {
    const session = await bench.database.connect();
    try {
      // From when the first batch is there nothing more can be committed.
      onAsked = async (name, batch) => {
        if (name === 'eager' && batch === 1)
          await session.query('BEGIN; LOCK TABLE landing.eager IN SHARE UPDATE EXCLUSIVE MODE');
      };
      const handle = await bench.start(input('eager', { type: 'source', name: 'eager' }));
      while (seen['eager']?.length !== 3) await setTimeout(20);
      expect(seen['eager']).toEqual([1, 1, 1]);
      await session.query('ROLLBACK');
      expect(await handle.result()).toMatchObject({ batches: COUNT, rows: COUNT, highWatermark: { to: COUNT } });
    } finally {
      await session.end();
    }
    expect(await landed('eager')).toEqual(expected);
  });

  it('asks any other when the batch before is committed', async () => {
    await bench.execute(input('patient', { type: 'source', name: 'patient' }));
    expect(seen['patient']).toEqual(expected.map(([batch]) => Number(batch)));
    expect(await landed('patient')).toEqual(expected);
  });

  it('brings file after file, and the watermark of each', async () => {
    for (const [id, label] of expected)
      await bench.put(`part-${id?.padStart(2, '0')}.csv`, `id,label\n${id},${label}\n`);
    const source = { type: 'files', connection: 'inbox', pattern: 'part-*' };
    expect(await bench.execute(input('files', source))).toMatchObject({ batches: COUNT, rows: COUNT });
    expect(await landed('files')).toEqual(expected);
    expect(await bench.execute(input('files', source))).toMatchObject({ batches: 0 });
  });

  it('brings a query of another database, batch after batch', async () => {
    await bench.client.query(
      `CREATE TABLE public.numbers AS SELECT n::bigint AS id, 'row ' || n AS label FROM generate_series(1, ${COUNT}) AS n`,
    );
    const source = {
      type: 'query',
      connection: 'origin',
      table: { schema: 'public', name: 'numbers' },
      cursor: 'id',
      batchRows: 1,
    };
    expect(await bench.execute(input('numbers', source))).toMatchObject({
      batches: COUNT,
      highWatermark: { to: String(COUNT) },
    });
    expect(await landed('numbers')).toEqual(expected);
  });

  it.each([
    [{ type: 'files', connection: 'inbox', pattern: '*' }, true],
    [{ type: 'query', connection: 'origin', table: { schema: 'public', name: 'numbers' } }, true],
    [{ type: 'query', connection: 'target', table: { schema: 'public', name: 'numbers' } }, false],
    [{ type: 'rows', rows: [] }, false],
    [{ type: 'source', name: 'eager' }, true],
    [{ type: 'source', name: 'patient' }, false],
  ])('%j: may be asked ahead? %s', (source, askAhead) => {
    const options = postgresIngestInputSchema.parse(input('any', source));
    const database = { client: bench.postgres };
    const dependencies = { databases: { target: database, origin: database }, stores: { inbox }, sources };
    expect(openSource(options, dependencies).askAhead).toBe(askAhead);
  });
});
