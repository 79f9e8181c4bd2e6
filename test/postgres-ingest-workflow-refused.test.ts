import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { TidemarkError } from '../contracts/errors.js';
import type { IngestProgress, PostgresIngestResult } from '../contracts/postgres-results.js';
import { failureOf } from './support/outcome.js';
import { unkeyed, type IngestBench } from './support/ingest-worker.js';
import { inputFor, newTable, numbers, openNumbersBench, ROW } from './support/numbers-source.js';
import { leaksInHistory, SHAPES, wordMark } from './support/secret-scan.js';

beforeEach(() => numbers.reset());

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'an ingest that is refused with %j',
  (worker) => {
    let bench: IngestBench;
    beforeAll(async () => {
      bench = await openNumbersBench({ worker: { ...worker, stickyQueueScheduleToStartTimeout: '1s' } });
    });
    afterAll(() => bench.close());

    it('refuses a table that belongs to another pipeline, until it is adopted', async () => {
      const table = newTable();
      await bench.execute(inputFor(table));
      numbers.upTo = 4;
      const failed = await failureOf(bench.execute(inputFor(table, { pipeline: 'another' })));
      expect(failed.code).toBe('TABLE_OF_OTHER_PIPELINE');
      expect(await bench.execute(inputFor(table, { pipeline: 'another', adopt: true }))).toMatchObject({ batches: 1 });
    });

    it('says in its failure and to who asks what it has committed before', async () => {
      const table = newTable();
      numbers.onItsWay = (batch) => {
        if (batch === 3) throw new TidemarkError('the source is gone', { code: 'GONE', retryable: false });
      };
      const handle = await bench.start(inputFor(table, { batchesPerStretch: 1 }));
      const failed = await failureOf<PostgresIngestResult>(handle.result() as Promise<PostgresIngestResult>);
      expect(failed).toMatchObject({ code: 'GONE', message: 'the source is gone' });
      expect(failed.result).toMatchObject({ batches: 2, rows: 2, highWatermark: { from: null, to: 2 } });
      expect(await handle.query<IngestProgress>('progress')).toEqual({
        phase: 'failed',
        batches: 2,
        rows: 2,
        quarantined: 0,
        highWatermark: 2,
      });
    });

    it('leaves neither a row nor a password in its history', async () => {
      const table = newTable();
      const password = new URL(bench.database.url).password;
      const marks = [
        ...SHAPES,
        wordMark('a row', ROW),
        ...(password.length > 5 ? [wordMark('a password', password)] : []),
      ];
      const ended = await bench.start(inputFor(table));
      await ended.result();
      // A row that does not fit, a hook that throws, and a value that the server's messages quote.
      const narrow = { ...table, columns: [table.columns[0]!, { name: 'label', type: 'varchar(3)' }] };
      const tooLong = await bench.start(inputFor(narrow, { highWatermark: '__EARLIEST__' }));
      expect((await failureOf(tooLong.result())).code).toBe('POSTGRES_TOO_LONG');
      const integer = { ...newTable(), columns: [table.columns[0]!, { name: 'label', type: 'integer' }] };
      const badValue = await bench.start(inputFor(integer));
      expect((await failureOf(badValue.result())).code).toBe('POSTGRES_BAD_VALUE');
      for (const handle of [ended, tooLong, badValue])
        expect(await leaksInHistory(bench.temporal.client, handle, marks)).toEqual([]);
    });

    it.each<[string, object, string]>([
      ['an unknown key', { highWaterMark: 3 }, 'highWaterMark'],
      ['an unknown constant', { upsert: '__OFFF__' }, 'upsert'],
      ['a misspelt starting point', { highWatermark: '__LATESTT__' }, 'highWatermark'],
      ['an integer that JSON would round', { highWatermark: 2 ** 60 }, 'highWatermark'],
      ['no table', { tables: [] }, 'tables'],
      [
        'two tables for a source that feeds one',
        { tables: [unkeyed('a'), unkeyed('b')], source: { type: 'rows', rows: [] } },
        'tables',
      ],
      ['a row that is too short', { source: { type: 'rows', rows: [[1]] } }, 'source.rows.0'],
      [
        'a lag without a key',
        { source: { type: 'query', connection: 'origin', query: 'q', cursor: 'c', lag: 1 } },
        'source.lag',
      ],
      [
        'a table and a query',
        { source: { type: 'query', connection: 'origin', query: 'q', sql: 'SELECT 1' } },
        'source',
      ],
      ['a comment on the first table', { tables: [{ ...unkeyed('a'), comment: 'mine' }] }, 'tables.0.comment'],
    ])('fails at once on %s', async (_what, more, path) => {
      const failed = await failureOf(bench.execute({ ...inputFor(unkeyed('never')), ...more }));
      expect(failed.code).toBe('ValidationError');
      expect(failed.message).toContain(path);
    });

    it.each<[string, object, string]>([
      ['a target', { target: 'targt' }, 'target'],
      ['a source', { source: { type: 'source', name: 'number' } }, 'numbers'],
      ['a hook', { onBeforeVisible: 'lok' }, 'look'],
    ])('says which names there are when %s is unknown', async (_what, more, near) => {
      const failed = await failureOf(bench.execute({ ...inputFor(unkeyed('never')), ...more }));
      expect(failed.code).toBe('UNKNOWN_CONNECTION');
      expect(failed.message).toContain(near);
    });
  },
);
