import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type IngestBatch, type JsonValue, readWatermark } from '../connectors/postgres/index.js';
import { batchOf, ID_AND_VALUE, type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());
const LATEST_AND_NONE: [string, string[] | undefined][] = [
  ['with', ['id']],
  ['without', undefined],
];

describe('the high watermark', () => {
  it.each(LATEST_AND_NONE)(
    '[acceptance 12] [acceptance 13] of a run is passed to the next one, %s a key',
    async (_, key) => {
      const table = setting.table(ID_AND_VALUE, key);
      const seen: JsonValue[] = [];
      for (const last of [3, 6, 9]) {
        await ingest(setting.postgres, [table], (highWatermark) => {
          seen.push(highWatermark);
          return [1, 2, last].map((value) => ({ highWatermark: value, rows: [] }));
        });
      }
      expect(seen).toEqual([null, 3, 6]);
      expect((await readWatermark(setting.postgres, table)).value).toBe(9);
    },
  );

  it('[acceptance 14] of the last committed batch is kept when the source fails between batches', async () => {
    const table = setting.table();
    const seen: JsonValue[] = [];
    const run = (values: number[], fails: boolean) =>
      ingest(setting.postgres, [table], function* (highWatermark) {
        seen.push(highWatermark);
        for (const value of values) yield batchOf(table, [[value, 'x']], value);
        if (fails) throw new Error('the source is broken');
      });
    await run([1, 2, 3], false);
    await run([4, 5, 6], false);
    await expect(run([7], true)).rejects.toThrow('the source is broken');
    await run([8], false);
    expect(seen).toEqual([null, 3, 6, 7]);
    expect((await setting.rowsOf(table))?.map(([id]) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('[acceptance 15] that the caller gives is handed to the source', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [], 5));
    const seen: JsonValue[] = [];
    for (const highWatermark of [{ since: ['2015-01-02', 1.5] }, 0, '', false, null]) {
      const result = await ingest(
        setting.postgres,
        [table],
        (given) => {
          seen.push(given);
          return [];
        },
        { highWatermark },
      );
      expect(result.highWatermark).toEqual({ from: highWatermark, to: 5 });
    }
    expect(seen).toEqual([{ since: ['2015-01-02', 1.5] }, 0, '', false, null]);
  });

  it('[acceptance 22] survives a source that fails right after the definition has changed', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']], 'mark'));
    const changed = { ...table, columns: [...ID_AND_VALUE, { name: 'added', type: 'text' }] };
    const seen: JsonValue[] = [];
    const failing = ingest(setting.postgres, [changed], (highWatermark) => {
      seen.push(highWatermark);
      return [
        {
          highWatermark: 'later',
          rows: (function* () {
            yield [changed, [2, 'b', 'c']] as const;
            throw new Error('the source is broken');
          })(),
        },
      ];
    });
    await expect(failing).rejects.toThrow('the source is broken');
    for (const run of [1, 2]) {
      await ingest(setting.postgres, [changed], (highWatermark) => {
        seen.push(highWatermark);
        return run === 1 ? [] : [batchOf(changed, [[2, 'b', 'c']], 'end')];
      });
    }
    expect(seen).toEqual(['mark', 'mark', 'mark']);
    expect(await setting.rowsOf(changed)).toEqual([
      [1, 'a', null],
      [2, 'b', 'c'],
    ]);
  });

  it('[acceptance 28] is null on every run with __EARLIEST__', async () => {
    const table = setting.table();
    const seen: JsonValue[] = [];
    for (const value of [1, 2]) {
      const batches = (highWatermark: JsonValue): IngestBatch[] => {
        seen.push(highWatermark);
        return [batchOf(table, [], value)];
      };
      await ingest(setting.postgres, [table], batches, { highWatermark: '__EARLIEST__' });
    }
    expect(seen).toEqual([null, null]);
    expect((await readWatermark(setting.postgres, table)).value).toBe(2);
  });

  it('[acceptance 29] may be a function, called when the rows are used up', async () => {
    const table = setting.table();
    const events: string[] = [];
    await ingest(setting.postgres, [table], () => [
      {
        highWatermark: () => {
          events.push('asked');
          return Promise.resolve('from the function');
        },
        rows: (function* () {
          yield [table, [1, 'a']] as const;
          events.push('rows used up');
        })(),
      },
    ]);
    expect(events).toEqual(['rows used up', 'asked']);
    const next = await ingest(setting.postgres, [table], () => []);
    expect(next.highWatermark).toEqual({ from: 'from the function', to: 'from the function' });
  });

  it('[acceptance 31] is one for two tables, which both keep their rows', async () => {
    const [first, second] = [setting.table(), setting.table()];
    const seen: JsonValue[] = [];
    for (const value of [1, 2, 3]) {
      await ingest(setting.postgres, [first, second], (highWatermark) => {
        seen.push(highWatermark);
        return [
          {
            highWatermark: value,
            rows: [
              [first, [value, 'first']],
              [second, [value, 'second']],
            ] as const,
          },
        ];
      });
    }
    expect(seen).toEqual([null, 1, 2]);
    expect(await setting.rowsOf(first)).toHaveLength(3);
    expect(await setting.rowsOf(second)).toHaveLength(3);
    expect(await setting.commentOf(second)).toBeNull();
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['a Date', new Date(0)],
    ['NaN', Number.NaN],
    ['a bigint', 1n],
    ['an integer beyond 2^53', 2 ** 53],
    ['something of the kind inside', { at: [undefined] }],
  ])('that is %s rolls its batch back', async (_, highWatermark) => {
    const table = setting.table();
    const error = await rejection(
      ingest(setting.postgres, [table], () => [
        batchOf(table, [[1, 'a']], 1),
        // What a program in plain JavaScript may yield.
        { ...batchOf(table, [[2, 'b']]), highWatermark: highWatermark as JsonValue },
      ]),
    );
    expect(error).toMatchObject({ code: 'HIGH_WATERMARK_BAD', retryable: false });
    expect(await setting.rowsOf(table)).toEqual([[1, 'a']]);
    expect((await readWatermark(setting.postgres, table)).value).toBe(1);
  });
});
