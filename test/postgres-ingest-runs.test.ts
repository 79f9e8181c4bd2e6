import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  HighWatermarkMoved,
  ingest,
  type IngestBatch,
  type IngestOptions,
  type JsonValue,
  readWatermark,
  type RunSoFar,
} from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { batchOf, ID_AND_VALUE, type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());
/** A point that one side waits at until the other one opens it. */
function gate(): { wait: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open };
}

describe('two runs at once', () => {
  it.each([
    ['with a key', ['id']],
    ['without a key', undefined],
  ])('%s: the one that comes second gets HighWatermarkMoved and has written nothing', async (_, key) => {
    const table = setting.table(ID_AND_VALUE, key);
    await ingest(setting.postgres, [table], once(table, [[0, 'before']], null));
    const [read, mayGoOn] = [gate(), gate()];
    const loser = ingest(setting.postgres, [table], async function* () {
      read.open();
      await mayGoOn.wait;
      yield batchOf(table, [[1, 'loser']], null);
    });
    await read.wait;
    // The same watermark again, null: only the marker tells that someone has been here.
    await ingest(setting.postgres, [table], once(table, [[1, 'winner']], null));
    mayGoOn.open();
    const error = await rejection(loser);
    expect(error).toBeInstanceOf(HighWatermarkMoved);
    expect(error).toMatchObject({ code: 'HIGH_WATERMARK_MOVED', retryable: false });
    expect(await setting.rowsOf(table)).toEqual([
      [0, 'before'],
      [1, 'winner'],
    ]);
  });

  it('the second waits for the open batch of the first, says for whom, and loses', async () => {
    const table = setting.table();
    const [isOpen, mayCommit] = [gate(), gate()];
    const winner = ingest(setting.postgres, [table], () => [
      {
        highWatermark: 1,
        rows: (async function* () {
          yield [table, [1, 'winner']] as const;
          isOpen.open();
          await mayCommit.wait;
        })(),
      },
    ]);
    await isOpen.wait;
    const waitedFor: (string | null)[][] = [];
    const loser = rejection(
      ingest(setting.postgres, [table], once(table, [[1, 'loser']], 1), {
        onProgress: ({ waitingFor }) => {
          waitedFor.push(waitingFor.map(({ application }) => application));
          mayCommit.open();
        },
      }),
    );
    await winner;
    expect(await loser).toBeInstanceOf(HighWatermarkMoved);
    expect(waitedFor[0]).toEqual(['tidemark']);
    expect(waitedFor.at(-1)).toEqual([]);
    expect(await setting.rowsOf(table)).toEqual([[1, 'winner']]);
  });

  it('a change by pg-bulk-ingest is noticed as well, though it leaves our marker as it is', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']], 1));
    const error = await rejection(
      ingest(setting.postgres, [table], async function* () {
        const comment = (await setting.commentOf(table)) ?? '';
        const theirs = comment.replace('"high-watermark": 1', '"high-watermark": 2');
        await setting.ask(`COMMENT ON TABLE ${quoteTable(table)} IS '${theirs}'`);
        yield batchOf(table, [[2, 'b']], 3);
      }),
    );
    expect(error).toBeInstanceOf(HighWatermarkMoved);
    expect((await readWatermark(setting.postgres, table)).value).toBe(2);
    expect(await setting.rowsOf(table)).toEqual([[1, 'a']]);
  });
});

describe('a retry of the same run', () => {
  /** Batches 1, 2, 3 after the watermark; the first attempt breaks down after two. */
  function attempts(options: IngestOptions, fails: (attempt: number) => boolean) {
    const table = setting.table();
    const seen: [JsonValue, RunSoFar][] = [];
    let attempt = 0;
    const run = () =>
      ingest(
        setting.postgres,
        [table],
        function* (highWatermark, soFar): Generator<IngestBatch> {
          attempt += 1;
          seen.push([highWatermark, soFar]);
          for (const value of [1, 2, 3]) {
            if (typeof highWatermark === 'number' && value <= highWatermark) continue;
            if (value === 3 && fails(attempt)) throw new Error('the worker died');
            yield batchOf(table, [[value, `attempt ${attempt}`]], value);
          }
        },
        options,
      );
    return { table, seen, run };
  }

  it.each<[string, IngestOptions]>([
    ['__EARLIEST__', { highWatermark: '__EARLIEST__' }],
    ['a value', { highWatermark: 'a value' }],
    ['__BEFORE_FIRST_BATCH__', { highWatermark: '__EARLIEST__', delete: '__BEFORE_FIRST_BATCH__' }],
  ])('goes on from what it has committed: %s is applied once per run', async (_, options) => {
    const run = { pipeline: 'p', run: 'the run' };
    const { table, seen, run: attempt } = attempts({ ...options, run }, (number) => number === 1);
    await ingest(setting.postgres, [table], once(table, [[0, 'before']], 9), { run: { ...run, run: 'earlier' } });
    await expect(attempt()).rejects.toThrow('the worker died');
    const second = await attempt();
    const first = options.highWatermark === '__EARLIEST__' ? null : options.highWatermark;
    expect(seen).toEqual([
      [first, { batches: 0, rows: 0 }],
      [2, { batches: 2, rows: 2 }],
    ]);
    expect(await setting.rowsOf(table)).toEqual([
      ...(options.delete === undefined ? [[0, 'before']] : []),
      [1, 'attempt 1'],
      [2, 'attempt 1'],
      [3, 'attempt 2'],
    ]);
    expect(second).toMatchObject({ batches: 1, highWatermark: { from: 2, to: 3 } });
    const { marker } = await readWatermark(setting.postgres, table);
    expect(marker).toEqual({ pipeline: 'p', run: 'the run', sequence: 3, rows: 3, override: null });
  });

  it('that nothing of was committed is a first attempt', async () => {
    const { table, seen, run } = attempts(
      { highWatermark: '__EARLIEST__', delete: '__BEFORE_FIRST_BATCH__', run: { run: 'r' } },
      () => false,
    );
    await ingest(setting.postgres, [table], once(table, [[0, 'before']], 9));
    await run();
    expect(seen).toEqual([[null, { batches: 0, rows: 0 }]]);
    expect((await setting.rowsOf(table))?.map(([id]) => id)).toEqual([1, 2, 3]);
  });

  it('a zombie attempt that comes back commits nothing twice', async () => {
    const table = setting.table();
    const [isStuck, mayWake] = [gate(), gate()];
    const options = { run: { run: 'the run' } };
    const zombie = ingest(
      setting.postgres,
      [table],
      async function* () {
        yield batchOf(table, [[1, 'zombie']], 1);
        isStuck.open();
        await mayWake.wait;
        yield batchOf(table, [[2, 'zombie']], 2);
      },
      options,
    );
    await isStuck.wait;
    await ingest(setting.postgres, [table], () => [batchOf(table, [[2, 'retry']], 2)], options);
    mayWake.open();
    expect(await rejection(zombie)).toBeInstanceOf(HighWatermarkMoved);
    expect(await setting.rowsOf(table)).toEqual([
      [1, 'zombie'],
      [2, 'retry'],
    ]);
  });

  it('an override is done once it is committed, for runs to come as well', async () => {
    const table = setting.table();
    const seen: JsonValue[] = [];
    const run = (name: string, override?: string) =>
      ingest(
        setting.postgres,
        [table],
        (highWatermark) => {
          seen.push(highWatermark);
          return [batchOf(table, [], seen.length)];
        },
        override === undefined
          ? { run: { run: name } }
          : { run: { run: name, override }, highWatermark: `set by ${override}` },
      );
    await run('a', 'one');
    // The acknowledgement was lost: the next run is told of the same override again.
    await run('b', 'one');
    await run('c');
    await run('d', 'one');
    await run('e', 'two');
    expect(seen).toEqual(['set by one', 1, 2, 3, 'set by two']);
  });
});

describe('a table of another pipeline', () => {
  it('is refused until it is adopted, and keeps its watermark then', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']], 5), { run: { pipeline: 'first' } });
    for (const run of [{ pipeline: 'second' }, {}]) {
      const error = await rejection(ingest(setting.postgres, [table], once(table, [[2, 'b']], 6), { run }));
      expect(error).toMatchObject({ code: 'TABLE_OF_OTHER_PIPELINE', retryable: false });
      expect(String(error)).toContain('"first"');
    }
    const options = { run: { pipeline: 'second', adopt: true } };
    const result = await ingest(setting.postgres, [table], once(table, [[2, 'b']], 6), options);
    expect(result.highWatermark.from).toBe(5);
    expect((await readWatermark(setting.postgres, table)).marker?.pipeline).toBe('second');
    const back = rejection(ingest(setting.postgres, [table], () => [], { run: { pipeline: 'first' } }));
    expect(await back).toMatchObject({ code: 'TABLE_OF_OTHER_PIPELINE' });
  });
});
