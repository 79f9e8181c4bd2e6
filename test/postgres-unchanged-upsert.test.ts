import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest, type Postgres, type PostgresTable } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import { type IngestSetting, openIngestSetting, rejection } from './support/ingest.js';
import { csvOf, upsertCsv } from './support/upsert-csv.js';

type Row = [id: number, value: string | null, pad: string];

const COLUMNS: PostgresTable['columns'] = [
  { name: 'id', type: 'integer' },
  { name: 'value', type: 'text' },
  { name: 'pad', type: 'text' },
];
const NAMES = COLUMNS.map(({ name }) => name);
/** So that a few rows are as large as what is compared. */
const PAD = 'x'.repeat(1_000);
const ROWS = 3_000;

let setting: IngestSetting;
beforeAll(async () => {
  setting = await openIngestSetting();
});
afterAll(() => setting.close());

const rowOf = (id: number): Row => [id, id % 7 === 0 ? null : `value ${id}`, PAD];
const rowsTo = (count: number): Row[] => Array.from({ length: count }, (_, id) => rowOf(id));

async function load(table: PostgresTable, rows: readonly Row[]): Promise<void> {
  await ingest(setting.postgres, [table], () => [
    { highWatermark: null, rows: { table, csv: Readable.from([csvOf(NAMES, rows)]) } },
  ]);
}

async function full(rows: readonly Row[] = rowsTo(ROWS)): Promise<PostgresTable> {
  const table = setting.table(COLUMNS, ['id']);
  await load(table, rows);
  return table;
}

/** Rows of their keys, the last one of each. */
function lastOf(...lists: (readonly Row[])[]): Row[] {
  const last = new Map(lists.flat().map((row) => [row[0], row]));
  return [...last.values()].sort(([a], [b]) => a - b);
}

const upsertRows = (table: PostgresTable, rows: readonly Row[]): Promise<{ rows: number; staged: number }> =>
  upsertCsv(setting.postgres, table, csvOf(NAMES, rows));

describe('an upsert of rows that are there already', () => {
  it('stages none, and leaves the table as it lies', async () => {
    const table = await full();
    const state = `SELECT string_agg(DISTINCT xmin::text, ',') || ' ' || pg_total_relation_size('${quoteTable(table)}') FROM ${quoteTable(table)}`;
    const before = await setting.ask(state);
    expect(await upsertRows(table, rowsTo(ROWS))).toMatchObject({ rows: ROWS, staged: 0 });
    expect(await setting.ask(state)).toBe(before);
    const result = await ingest(setting.postgres, [table], () => [
      { highWatermark: null, rows: { table, csv: Readable.from([csvOf(NAMES, rowsTo(ROWS))]) } },
    ]);
    expect(result.rows).toBe(ROWS);
    expect(await setting.ask(state)).toBe(before);
  });

  it('stages what has changed and what is new, and keeps what it does not name', async () => {
    const table = await full();
    const source = rowsTo(ROWS + 40).filter(([id]) => id % 50 !== 3);
    for (const row of source) if (row[0] % 100 === 5) row[1] = 'changed';
    const { rows, staged } = await upsertRows(table, source);
    expect(rows).toBe(source.length);
    expect(staged).toBeGreaterThanOrEqual(69);
    expect(staged).toBeLessThan(ROWS / 10);
    expect(await setting.rowsOf(table)).toEqual(lastOf(rowsTo(ROWS), source));
  });

  it('finds them in columns of another order', async () => {
    const table = await full();
    const csv = csvOf(
      ['pad', 'id', 'value'],
      rowsTo(ROWS).map(([id, value, pad]) => [pad, id, value]),
    );
    expect(await upsertCsv(setting.postgres, table, csv)).toMatchObject({ rows: ROWS, staged: 0 });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('stages all where the source lacks a column, which becomes NULL', async () => {
    const table = await full();
    const csv = csvOf(
      ['id', 'pad'],
      rowsTo(ROWS).map(([id, , pad]) => [id, pad]),
    );
    expect(await upsertCsv(setting.postgres, table, csv)).toMatchObject({ rows: ROWS, staged: ROWS });
    expect(await setting.ask(`SELECT count(value)::int FROM ${quoteTable(table)}`)).toBe(0);
  });

  it.each([
    ['a third of them, spread', 'id % 3 = 0'],
    ['a block of them', 'id BETWEEN 1000 AND 1200'],
    ['two fifths of them', 'id % 5 < 2'],
  ])('still leaves most of them out where updates have moved %s', async (_what, moved) => {
    const table = await full();
    await setting.ask(`UPDATE ${quoteTable(table)} SET value = value WHERE ${moved}`);
    const source = rowsTo(ROWS);
    (source[7] ?? rowOf(7))[1] = 'changed';
    const { staged } = await upsertRows(table, source);
    expect(staged).toBeLessThan(ROWS * 0.6);
    expect(await setting.rowsOf(table)).toEqual(source);
  });

  it('finds them in the order of no key, where the table lies in that order', async () => {
    const order = rowsTo(ROWS).map(([id]) => rowOf((id * 1_009) % ROWS));
    const table = await full(order);
    expect(await upsertRows(table, order)).toMatchObject({ staged: 0 });
    const changed = order.map((row): Row => (row[0] % 200 === 11 ? [row[0], 'changed', PAD] : row));
    const { staged } = await upsertRows(table, changed);
    expect(staged).toBe(ROWS / 200);
    expect(await setting.rowsOf(table)).toEqual(lastOf(changed));
  });

  it('in another order than the table has is right all the same', async () => {
    const table = await full();
    const backwards = rowsTo(ROWS).reverse();
    (backwards[5] ?? rowOf(5))[1] = 'changed';
    expect(await upsertRows(table, backwards)).toMatchObject({ rows: ROWS });
    expect(await setting.rowsOf(table)).toEqual(lastOf(backwards));
  });

  it('fires triggers of statements, of which it would have fired any', async () => {
    const table = await full();
    await setting.postgres.use(async (client) => {
      await client.query(`CREATE TABLE target.fired (n int);
        CREATE FUNCTION target.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO target.fired VALUES (1); RETURN NULL; END';
        CREATE TRIGGER fires AFTER UPDATE ON ${quoteTable(table)} FOR EACH STATEMENT EXECUTE FUNCTION target.fire()`);
    });
    expect(await upsertRows(table, rowsTo(ROWS))).toMatchObject({ staged: 0 });
    expect(await setting.ask('SELECT count(*)::int FROM target.fired')).toBe(1);
  });
});

describe('of rows with the same key the last one wins', () => {
  const at = [0, 1, 1_500, ROWS - 1];
  it.each(at)('wherever the row %i is repeated, right behind itself', async (id) => {
    const table = await full();
    const changed: Row = [id, 'changed', PAD];
    for (const repeated of [
      [changed, rowOf(id)],
      [rowOf(id), changed],
      [changed, rowOf(id), changed],
      [rowOf(id), changed, rowOf(id)],
    ]) {
      const source = [...rowsTo(id), ...repeated, ...rowsTo(ROWS).slice(id + 1)];
      const { rows, staged } = await upsertRows(table, source);
      expect(rows).toBe(source.length);
      expect(staged).toBeLessThan(100);
      expect(await setting.rowsOf(table)).toEqual(lastOf(source));
      await upsertRows(table, rowsTo(ROWS));
    }
  });

  it.each(at)('wherever the row %i comes again, far from itself', async (id) => {
    const table = await full();
    const changed: Row = [id, 'changed', PAD];
    const others = rowsTo(ROWS).filter((row) => row[0] !== id);
    const middle = others.length / 2;
    for (const [first, second, third] of [
      [changed, rowOf(id), rowOf(id)],
      [rowOf(id), changed, rowOf(id)],
      [rowOf(id), rowOf(id), changed],
      [changed, changed, rowOf(id)],
    ] as const) {
      const source = [first, ...others.slice(0, middle), second, ...others.slice(middle), third];
      await upsertRows(table, source);
      expect(await setting.rowsOf(table)).toEqual(lastOf(source));
      await upsertRows(table, rowsTo(ROWS));
    }
  });

  it('where more rows are staged than are known one by one', async () => {
    const narrow = (id: number, value = `value ${id}`): Row => [id, value, 'pad '.repeat(8)];
    const rows = Array.from({ length: 60_000 }, (_, id) => narrow(id));
    const table = await full(rows);
    const source = rows.map(([id], index) => (index % 3 === 0 ? narrow(id, 'changed') : narrow(id)));
    // Each is there again, as it was: the table's own row, and yet the last one of its key.
    source.push(...rows.filter((_row, index) => index % 30 === 0));
    const { rows: arrived, staged } = await upsertRows(table, source);
    expect(arrived).toBe(source.length);
    expect(staged).toBeLessThan(rows.length / 2);
    expect(await setting.rowsOf(table)).toEqual(lastOf(source));
  });
});

describe('rows are staged as ever', () => {
  it('where they are few', async () => {
    const table = await full();
    expect(await upsertRows(table, rowsTo(250))).toMatchObject({ rows: 250, staged: 250 });
  });

  it('where the table is small', async () => {
    const table = await full(rowsTo(20));
    expect(await upsertRows(table, rowsTo(ROWS))).toMatchObject({ rows: ROWS, staged: ROWS });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('where all of them have changed', async () => {
    const table = await full();
    const changed = rowsTo(ROWS).map(([id]): Row => [id, 'changed', PAD]);
    expect(await upsertRows(table, changed)).toMatchObject({ rows: ROWS, staged: ROWS });
    expect(await setting.rowsOf(table)).toEqual(changed);
  });

  it('where they are few among the rows of a large table', async () => {
    const table = await full(Array.from({ length: 30_000 }, (_, id): Row => [id, 'value', 'pad '.repeat(60)]));
    const rows = Array.from({ length: 2_000 }, (_, at): Row => [at * 15, 'value', `${PAD} `]);
    expect(await upsertRows(table, rows)).toMatchObject({ staged: rows.length });
  });

  it('from where on most of them have changed', async () => {
    const table = await full(rowsTo(3 * ROWS));
    const source = rowsTo(3 * ROWS).map((row): Row => (row[0] < 2_500 ? row : [row[0], 'changed', PAD]));
    const { rows, staged } = await upsertRows(table, source);
    expect(rows).toBe(source.length);
    expect(staged).toBe(source.length - 2_500);
    expect(await setting.rowsOf(table)).toEqual(source);
  });

  it('from the first one on that is spelt in a way that the server alone reads', async () => {
    const table = await full();
    const csv = csvOf(NAMES, rowsTo(ROWS)).replace('\n2500,', '\n 2500 ,');
    const { rows, staged } = await upsertCsv(setting.postgres, table, csv);
    expect({ rows, staged }).toEqual({ rows: ROWS, staged: ROWS - 2_500 });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('behind the end of the table', async () => {
    const table = await full();
    expect(await upsertRows(table, rowsTo(3 * ROWS))).toEqual({ rows: 3 * ROWS, staged: 2 * ROWS, isAwaited: false });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(3 * ROWS));
  });
});

describe('what goes wrong on the way', () => {
  it('is told with the number of the row, however many were left out before', async () => {
    const table = setting.table([{ name: 'id', type: 'integer' }, { name: 'value', type: 'varchar(12)' }, { name: 'pad', type: 'text' }], ['id']); // prettier-ignore
    await load(table, rowsTo(ROWS));
    for (const bad of [1, 700, 2_900, ROWS - 1]) {
      const source = rowsTo(ROWS);
      for (const row of source) if (row[0] % 90 === 4) row[1] = 'changed';
      source[bad] = [bad, 'far too long a value', PAD];
      const error = await rejection(upsertRows(table, source));
      expect(error).toMatchObject({ code: 'POSTGRES_TOO_LONG', row: bad + 1, column: 'value' });
      expect(String(error)).not.toContain('far too long a value');
    }
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('is told with the number of the row behind rows that are staged as they come', async () => {
    const table = setting.table([{ name: 'id', type: 'integer' }, { name: 'value', type: 'varchar(12)' }, { name: 'pad', type: 'text' }], ['id']); // prettier-ignore
    await load(table, rowsTo(3 * ROWS));
    const source = rowsTo(3 * ROWS).map((row): Row => (row[0] < 1_700 ? row : [row[0], 'changed', PAD]));
    source[8_000] = [8_000, 'far too long a value', PAD];
    expect(await rejection(upsertRows(table, source))).toMatchObject({ row: 8_001, column: 'value' });
  });

  it.each([1_200, 2_600])(
    'is the end of a source that fails behind %i rows: the session takes what comes next',
    async (behind) => {
      const table = await full();
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
    const table = await full();
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
    expect(await upsertRows(table, rowsTo(ROWS))).toMatchObject({ staged: 0 });
  });

  it('is a session that ends: it can be tried again', async () => {
    const table = await full();
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
    expect(await upsertRows(table, rowsTo(ROWS))).toMatchObject({ staged: 0 });
  });
});
