import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Postgres } from '../connectors/postgres/index.js';
import { rejection } from './support/ingest.js';
import {
  NAMES,
  openUnchangedSetting,
  PAD,
  type Row,
  ROWS,
  rowsTo,
  type UnchangedSetting,
} from './support/unchanged-rows.js';
import { csvOf, upsertCsv } from './support/upsert-csv.js';

let setting: UnchangedSetting;
beforeAll(async () => {
  setting = await openUnchangedSetting();
});
afterAll(() => setting.close());

describe('what goes wrong in an upsert that compares', () => {
  it('is told with the number of the row, however many were left out before', async () => {
    const table = setting.table([{ name: 'id', type: 'integer' }, { name: 'value', type: 'varchar(12)' }, { name: 'pad', type: 'text' }], ['id']); // prettier-ignore
    await setting.load(table, rowsTo(ROWS));
    for (const bad of [1, 700, 2_900, ROWS - 1]) {
      const source = rowsTo(ROWS);
      for (const row of source) if (row[0] % 90 === 4) row[1] = 'changed';
      source[bad] = [bad, 'far too long a value', PAD];
      const error = await rejection(setting.upsertRows(table, source));
      expect(error).toMatchObject({ code: 'POSTGRES_TOO_LONG', row: bad + 1, column: 'value' });
      expect(String(error)).not.toContain('far too long a value');
    }
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('is told with the number of the row behind rows that are staged as they come', async () => {
    const table = setting.table([{ name: 'id', type: 'integer' }, { name: 'value', type: 'varchar(12)' }, { name: 'pad', type: 'text' }], ['id']); // prettier-ignore
    await setting.load(table, rowsTo(3 * ROWS));
    const source = rowsTo(3 * ROWS).map((row): Row => (row[0] < 1_700 ? row : [row[0], 'changed', PAD]));
    source[8_000] = [8_000, 'far too long a value', PAD];
    expect(await rejection(setting.upsertRows(table, source))).toMatchObject({ row: 8_001, column: 'value' });
  });

  it.each([1_200, 2_600])(
    'is the end of a source that fails behind %i rows: the session takes what comes next',
    async (behind) => {
      const table = await setting.full();
      const [header = '', ...lines] = csvOf(NAMES, rowsTo(ROWS)).split('\n');
      const failing = async function* (): AsyncGenerator<Buffer> {
        yield Buffer.from(`${[header, ...lines.slice(0, behind)].join('\n')}\n`);
        await Promise.resolve();
        throw new Error('the source has failed');
      };
      await setting.postgres.use(async (client) => {
        await client.query('BEGIN');
        const other: Pick<Postgres, 'transaction'> = { transaction: (work) => work(client) };
        const error = await rejection(upsertCsv(other, table, Readable.from(failing())));
        expect(String(error)).toContain('the source has failed');
        await client.query('ROLLBACK');
        expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
      });
      expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
    },
  );

  it('is an abort while the source keeps it waiting: it ends at once, and nothing has changed', async () => {
    const table = await setting.full();
    const [header = '', ...lines] = csvOf(NAMES, rowsTo(ROWS)).split('\n');
    const abort = new AbortController();
    const stuck = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(`${[header, ...lines.slice(0, 2_000)].join('\n')}\n`);
      setTimeout(() => abort.abort(new Error('no longer wanted')), 50);
      await new Promise(() => undefined);
    };
    const error = await rejection(upsertCsv(setting.postgres, table, Readable.from(stuck()), abort.signal));
    expect(error).toBe(abort.signal.reason);
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
    expect(await setting.upsertRows(table, rowsTo(ROWS))).toMatchObject({ staged: 0 });
  });

  it('is a session that ends: it can be tried again', async () => {
    const table = await setting.full();
    const [header = '', ...lines] = csvOf(NAMES, rowsTo(ROWS)).split('\n');
    const ending = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(`${[header, ...lines.slice(0, 2_000)].join('\n')}\n`);
      await setting.database
        .connect()
        .then((client) =>
          client.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
          ),
        );
      yield Buffer.from(`${lines.slice(2_000).join('\n')}\n`);
    };
    const error = await rejection(upsertCsv(setting.postgres, table, Readable.from(ending())));
    expect(error).toMatchObject({ code: 'POSTGRES_UNAVAILABLE', retryable: true });
    expect(await setting.upsertRows(table, rowsTo(ROWS))).toMatchObject({ staged: 0 });
  });
});
