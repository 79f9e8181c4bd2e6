import { rename, rm, utimes, appendFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defineHook } from '../workers/index.js';
import { keyed, openIngestBench, unkeyed, type IngestBench } from './support/ingest-worker.js';
import { failureOf } from './support/outcome.js';

/** Files in the order in which they were ingested. */
const files: unknown[] = [];
let onFile: (file: string) => Promise<void> | void = () => undefined;
const note = defineHook('note', async ({ batchMetadata }) => {
  const { file } = batchMetadata as { file: string };
  files.push(file);
  await onFile(file);
});

describe('files as the source of an ingest', () => {
  let bench: IngestBench;
  let runs = 0;
  beforeAll(async () => {
    bench = await openIngestBench({ hooks: [note] });
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    runs += 1;
    files.length = 0;
    onFile = () => undefined;
  });

  const name = () => `f${runs}`;
  const input = (table = keyed(name()), more: object = {}) => ({
    pipeline: name(),
    target: 'target',
    tables: [table],
    source: { type: 'files', connection: 'inbox', pattern: `${name()}-*` },
    onBeforeVisible: 'note',
    ...more,
  });
  const landed = (): Promise<unknown[][]> => bench.rows(`SELECT id, label FROM landing.${name()} ORDER BY id, label`);
  const seen = async (): Promise<string[]> => {
    const comment = await bench.comment(`landing.${name()}`);
    const { 'high-watermark': mark } = comment['pg-bulk-ingest'] as { 'high-watermark': { files: object } };
    return Object.keys(mark.files).sort();
  };
  /** Puts a file whose time is `minute` of a certain hour. */
  const put = async (file: string, content: string, minute: number): Promise<void> => {
    await bench.put(`${name()}-${file}`, content);
    const time = new Date(Date.UTC(2026, 0, 1, 10, minute));
    await utimes(path.join(bench.inbox, `${name()}-${file}`), time, time);
  };

  it('makes each new file a batch, the one that was written first comes first', async () => {
    await put('b.csv', 'id,label\n1,one\n', 1);
    await put('a.csv', 'label,id\n"",2\n,3\n', 2);
    expect(await bench.execute(input())).toMatchObject({ batches: 2, rows: 3 });
    expect(files).toEqual([`${name()}-b.csv`, `${name()}-a.csv`]);
    expect(await landed()).toEqual([['1', 'one'], ['2', ''], ['3', null]]); // prettier-ignore
    expect(await bench.execute(input())).toMatchObject({ batches: 0 });
    await put('c.csv', 'id,label\n4,four\n', 0);
    // An old time does not hide it.
    expect(await bench.execute(input())).toMatchObject({ batches: 1, rows: 1 });
    expect(await seen()).toEqual(['a', 'b', 'c'].map((file) => `${name()}-${file}.csv`));
  });

  it('ingests a file that has changed as a whole, by its key', async () => {
    await put('a.csv', 'id,label\n1,one\n', 1);
    await bench.execute(input());
    await put('a.csv', 'id,label\n1,One\n2,two\n', 2);
    expect(await bench.execute(input())).toMatchObject({ batches: 1 });
    expect(await landed()).toEqual([['1', 'One'], ['2', 'two']]); // prettier-ignore
  });

  it('refuses a changed file where its rows would be there twice', async () => {
    await put('a.csv', 'id,label\n1,one\n', 1);
    await bench.execute(input(unkeyed(name())));
    await put('a.csv', 'id,label\n1,one\n2,two\n', 2);
    const failed = await failureOf(bench.execute(input(unkeyed(name()))));
    expect(failed.code).toBe('INGEST_FILE_CHANGED');
    expect(await landed()).toEqual([['1', 'one']]);
  });

  it('forgets files that are gone', async () => {
    await put('a.csv', 'id,label\n1,one\n', 1);
    await bench.execute(input());
    await rm(path.join(bench.inbox, `${name()}-a.csv`));
    await put('b.csv', 'id,label\n2,two\n', 2);
    await bench.execute(input());
    expect(await seen()).toEqual([`${name()}-b.csv`]);
    expect(await landed()).toHaveLength(2);
  });

  it('reads a file again that was changed while it was read', async () => {
    await put('a.csv', 'id,label\n1,one\n', 1);
    let isChanged = false;
    onFile = async (file) => {
      if (isChanged) return;
      isChanged = true;
      await appendFile(path.join(bench.inbox, file), '2,two\n');
    };
    expect(await bench.execute(input(unkeyed(name())))).toMatchObject({ batches: 1, rows: 2 });
    expect(await landed()).toHaveLength(2);
  });

  it('reads Parquet beside CSV, and leaves alone what is neither', async () => {
    const duck = await DuckDBInstance.create(':memory:');
    const connection = await duck.connect();
    const file = path.join(bench.inbox, '.part');
    await connection.run(
      `COPY (SELECT range AS id, 'p' || range AS label FROM range(1000)) TO '${file}' (FORMAT parquet)`,
    );
    connection.closeSync();
    duck.closeSync();
    await rename(file, path.join(bench.inbox, `${name()}-a [1].parquet`));
    await put('a.txt', 'no table', 1);
    await put('b.csv', '\ufeffid,label\r\n1000,"a, ""b"""\r\n', 2);
    expect(await bench.execute(input())).toMatchObject({ batches: 2, rows: 1001 });
    expect((await landed()).at(-1)).toEqual(['1000', 'a, "b"']);
  });

  it('goes on with the file at which an attempt failed, not with those before it', async () => {
    await put('a.csv', 'id,label\n1,one\n', 1);
    await put('b.csv', 'id,label\n2,two\n', 2);
    let failures = 1;
    onFile = (file) => {
      if (file.endsWith('b.csv') && (failures -= 1) >= 0) throw new Error('away');
    };
    expect(await bench.execute(input(unkeyed(name())))).toMatchObject({ batches: 2, rows: 2 });
    expect(await landed()).toHaveLength(2);
  });

  it('keeps the watermark of a file apart from that of another source', async () => {
    await put('a.csv', 'id,label\n1,one\n', 1);
    const failed = await failureOf(bench.execute(input(keyed(name()), { highWatermark: 7 })));
    expect(failed.code).toBe('INGEST_WATERMARK_FOREIGN');
  });

  it.each([
    ['a column that the table has not', 'id,label,more\n1,one,x\n', 'INGEST_CSV_COLUMNS'],
    ['a value that does not fit', 'id,label\none,1\n', 'POSTGRES_BAD_VALUE'],
  ])('names what is wrong with a file that has %s, and takes none of it', async (_what, content, code) => {
    await put('a.csv', 'id,label\n0,zero\n', 1);
    await put('b.csv', content, 2);
    const failed = await failureOf(bench.execute(input()));
    expect(failed.code).toBe(code);
    expect(await landed()).toEqual([['0', 'zero']]);
  });

  it('says that a connection is no folder', async () => {
    const failed = await failureOf(
      bench.execute(input(keyed(name()), { source: { type: 'files', connection: 'inbx', pattern: '*' } })),
    );
    expect(failed).toMatchObject({ code: 'UNKNOWN_CONNECTION' });
    expect(failed.message).toContain('inbox');
  });
});
