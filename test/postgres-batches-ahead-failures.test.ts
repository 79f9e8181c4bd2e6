import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type IngestOptions, type PostgresTable } from '../connectors/postgres/index.js';
import {
  APPLICATION,
  type AheadSetting,
  type Asked,
  HAS_COPIED,
  openAheadSetting,
  OURS,
  rows,
  WAITS_FOR_ITS_TURN,
  WAITS_TO_COMMIT,
} from './support/batches-ahead.js';
import { batchOf, rejection } from './support/ingest.js';

let setting: AheadSetting;
beforeAll(async () => {
  setting = await openAheadSetting();
});
afterEach(() => setting.letGo());
afterAll(() => setting.close());

/** The second of four batches waits to be committed, and the third one has been copied. */
async function twoUnderWay(table: PostgresTable, options: IngestOptions = {}): Promise<Asked> {
  const asked = setting.run([table], [rows(1), rows(2), rows(3), rows(4)], options, (batch) =>
    batch === 1 ? setting.inTheWay(table) : undefined,
  );
  await setting.until(1, WAITS_TO_COMMIT);
  await setting.until(1, HAS_COPIED);
  return asked;
}

describe('where a batch fails', () => {
  it('the one before stays, when rows of one that was copied ahead do not fit', async () => {
    const table = setting.table();
    const { result } = setting.run(
      [table],
      [
        rows(1),
        rows(2),
        [
          [3, 'value 3'],
          ['four', ''],
        ],
        rows(5),
      ],
      {},
      (batch) => (batch === 1 ? setting.inTheWay(table) : undefined),
    );
    await setting.until(1, WAITS_TO_COMMIT);
    await setting.until(1, `state = 'idle in transaction (aborted)'`);
    expect(await setting.rowsOf(table)).toEqual(rows(1));
    await setting.letGo();
    expect(await rejection(result)).toMatchObject({
      code: 'POSTGRES_BAD_VALUE',
      row: 2,
      column: 'id',
      retryable: false,
    });
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2));
    expect(await setting.committed(table)).toBe(2);
    await setting.until(0, 'true');
  });

  it('none behind it arrives, when its session is ended', async () => {
    const table = setting.table();
    const { result } = await twoUnderWay(table);
    await setting.ask(`SELECT pg_terminate_backend(pid) ${OURS} AND ${WAITS_TO_COMMIT}`);
    expect(await rejection(result)).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    await setting.letGo();
    expect(await setting.rowsOf(table)).toEqual(rows(1));
    expect(await setting.committed(table)).toBe(1);
    await setting.until(0, 'true');
  });

  it('it can be tried again when the session that copies ahead is ended', async () => {
    const table = setting.table();
    const { result } = await twoUnderWay(table);
    await setting.ask(`SELECT pg_terminate_backend(pid) ${OURS} AND ${HAS_COPIED}`);
    await setting.letGo();
    expect(await rejection(result)).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2));
    expect(await setting.committed(table)).toBe(2);
    await setting.until(0, 'true');
  });

  it('neither of the two that are under way arrives when the call is aborted', async () => {
    const table = setting.table();
    const abort = new AbortController();
    const { result } = await twoUnderWay(table, { signal: abort.signal });
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await rejection(result)).toBe(reason);
    await setting.letGo();
    await setting.until(0, 'true');
    expect(await setting.rowsOf(table)).toEqual(rows(1));
  });

  it('a source that fails does not undo the batches that it has yielded before', async () => {
    const table = setting.table();
    const failure = new Error('the disk is gone');
    const { result } = setting.run([table], [rows(1), rows(2), rows(3)], {}, (batch) => {
      if (batch === 2) throw failure;
    });
    expect(await rejection(result)).toBe(failure);
    // The second one was under way when the source failed.
    expect(await setting.committed(table)).toBe(2);
    expect(await setting.rowsOf(table)).toEqual(rows(1, 2));
    await setting.until(0, 'true');
  });

  it('another run that comes between two batches wins', async () => {
    const table = setting.table();
    const { result } = await twoUnderWay(table);
    const rival = ingest({ url: setting.database.url, applicationName: APPLICATION }, [table], () => [
      batchOf(table, rows(99), 99),
    ]);
    rival.catch(() => undefined);
    await setting.until(1, WAITS_FOR_ITS_TURN);
    await setting.letGo();
    // Whoever has begun from what the other one has moved since.
    const [ours, theirs] = await Promise.allSettled([result, rival]);
    expect([ours.status, theirs.status].sort()).toEqual(['fulfilled', 'rejected']);
    const loser = ours.status === 'rejected' ? ours : theirs;
    expect(loser).toMatchObject({ reason: { code: 'HIGH_WATERMARK_MOVED' } });
    expect(await setting.rowsOf(table)).toEqual(ours.status === 'rejected' ? rows(1, 2, 99) : rows(1, 2, 3, 4));
  });
});
