import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, readWatermark } from '../connectors/postgres/index.js';
import { lockStatement } from '../connectors/postgres/lock/advisory.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { batchOf, ID_AND_VALUE, type IngestSetting, once, openIngestSetting, rejection } from './support/ingest.js';

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());
describe('sessions in the way', () => {
  /** A reader in the middle of a transaction, which a replacement of the table has to wait for. */
  async function withReader<T>(
    work: (
      table: ReturnType<IngestSetting['table']>,
      reader: { end: () => Promise<void>; isAlive: () => Promise<boolean> },
    ) => Promise<T>,
  ): Promise<T> {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']]));
    const reader = await setting.database.connect();
    await reader.query('BEGIN');
    await reader.query(`SELECT FROM ${quoteTable(table)}`);
    return await work(
      { ...table, columns: [...ID_AND_VALUE, { name: 'added', type: 'text' }] },
      {
        end: async () => {
          await reader.query('COMMIT');
        },
        isAlive: () =>
          reader.query('SELECT 1').then(
            () => true,
            () => false,
          ),
      },
    );
  }

  it('are waited for and reported', async () => {
    await withReader(async (table, reader) => {
      const waitedFor: unknown[] = [];
      await ingest(setting.postgres, [table], once(table, [[2, 'b', 'c']]), {
        onProgress: ({ waitingFor }) => {
          if (waitingFor.length > 0 && waitedFor.length === 0) void reader.end();
          waitedFor.push(...waitingFor);
        },
      });
      expect(waitedFor[0]).toMatchObject({ user: 'postgres', state: 'idle in transaction' });
      expect(waitedFor[0]).not.toHaveProperty('query');
      expect(await reader.isAlive()).toBe(true);
      expect(await setting.rowsOf(table)).toHaveLength(2);
    });
  });

  it('are ended after the delay when the option says so', async () => {
    await withReader(async (table, reader) => {
      await ingest(setting.postgres, [table], once(table, [[2, 'b', 'c']]), { blocking: { endAfterSeconds: 1 } });
      expect(await reader.isAlive()).toBe(false);
      expect(await setting.rowsOf(table)).toHaveLength(2);
    });
  });
});

describe('an abort', () => {
  it('in the middle of a COPY rolls back the open batch only, and ends its session', async () => {
    const table = setting.table();
    const control = new AbortController();
    const reason = new Error('cancelled');
    const error = await rejection(
      ingest(
        setting.postgres,
        [table],
        function* () {
          yield batchOf(table, [[1, 'a']], 1);
          yield {
            highWatermark: 2,
            rows: (async function* () {
              for (let id = 2; id < 10_000; id += 1) yield [table, [id, 'b'.repeat(100)]] as const;
              control.abort(reason);
              // A source that is stuck.
              await new Promise(() => undefined);
            })(),
          };
        },
        { signal: control.signal },
      ),
    );
    expect(error).toBe(reason);
    expect(await setting.rowsOf(table)).toEqual([[1, 'a']]);
    expect((await readWatermark(setting.postgres, table)).value).toBe(1);
    const next = await ingest(setting.postgres, [table], once(table, [[2, 'c']], 2));
    expect(next.highWatermark).toEqual({ from: 1, to: 2 });
  });

  it('while another ingest has the table leaves no session waiting for it', async () => {
    const table = setting.table();
    const holder = await setting.database.connect();
    await holder.query(`BEGIN; ${lockStatement([table])}`);
    const control = new AbortController();
    const waiting = ingest(setting.postgres, [table], once(table, [[1, 'a']]), {
      signal: control.signal,
      onProgress: ({ waitingFor }) => {
        if (waitingFor.length > 0) control.abort(new Error('enough'));
      },
    });
    await expect(waiting).rejects.toThrow('enough');
    const { rows } = await holder.query(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    expect(rows).toHaveLength(0);
    await holder.query('ROLLBACK');
  });

  it('while a lock is waited for, or the source, is obeyed', async () => {
    const table = setting.table();
    await ingest(setting.postgres, [table], once(table, [[1, 'a']], 1));
    const stuck = new Promise<never>(() => undefined);
    const holder = await setting.database.connect();
    await holder.query(`BEGIN; LOCK TABLE ${quoteTable(table)}`);
    const control = new AbortController();
    const waiting = ingest(setting.postgres, [table], once(table, [[2, 'b']], 2), {
      signal: control.signal,
      onProgress: () => control.abort(new Error('enough')),
    });
    await expect(waiting).rejects.toThrow('enough');
    await holder.query('ROLLBACK');
    const other = new AbortController();
    const reading = ingest(
      setting.postgres,
      [table],
      async function* () {
        setTimeout(() => other.abort(new Error('enough')), 10);
        await stuck;
      },
      { signal: other.signal },
    );
    await expect(reading).rejects.toThrow('enough');
    expect(await setting.rowsOf(table)).toEqual([[1, 'a']]);
  });

  it('before anything has begun does nothing', async () => {
    const table = setting.table();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(ingest(setting.postgres, [table], once(table, []), { signal })).rejects.toThrow('enough');
    expect(await setting.oidOf(table)).toBeNull();
  });
});
