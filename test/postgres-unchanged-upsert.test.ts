import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import {
  NAMES,
  openUnchangedSetting,
  PAD,
  type Row,
  rowOf,
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

/** Rows of their keys, the last one of each. */
function lastOf(...lists: (readonly Row[])[]): Row[] {
  const last = new Map(lists.flat().map((row) => [row[0], row]));
  return [...last.values()].sort(([a], [b]) => a - b);
}

describe('an upsert of rows that are there already', () => {
  it('stages none, and leaves the table as it lies', async () => {
    const table = await setting.full();
    const state = `SELECT string_agg(DISTINCT xmin::text, ',') || ' ' || pg_total_relation_size('${quoteTable(table)}') FROM ${quoteTable(table)}`;
    const before = await setting.ask(state);
    expect(await setting.upsertRows(table, rowsTo(ROWS))).toMatchObject({ rows: ROWS, staged: 0 });
    expect(await setting.ask(state)).toBe(before);
    const result = await ingest(setting.postgres, [table], () => [
      { highWatermark: null, rows: { table, csv: Readable.from([csvOf(NAMES, rowsTo(ROWS))]) } },
    ]);
    expect(result.rows).toBe(ROWS);
    expect(await setting.ask(state)).toBe(before);
  });

  it('stages what has changed and what is new, and keeps what it does not name', async () => {
    const table = await setting.full();
    const source = rowsTo(ROWS + 40).filter(([id]) => id % 50 !== 3);
    for (const row of source) if (row[0] % 100 === 5) row[1] = 'changed';
    const { rows, staged } = await setting.upsertRows(table, source);
    expect(rows).toBe(source.length);
    expect(staged).toBeGreaterThanOrEqual(69);
    expect(staged).toBeLessThan(ROWS / 10);
    expect(await setting.rowsOf(table)).toEqual(lastOf(rowsTo(ROWS), source));
  });

  it('finds them in columns of another order', async () => {
    const table = await setting.full();
    const csv = csvOf(
      ['pad', 'id', 'value'],
      rowsTo(ROWS).map(([id, value, pad]) => [pad, id, value]),
    );
    expect(await upsertCsv(setting.postgres, table, csv)).toMatchObject({ rows: ROWS, staged: 0 });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('stages all where the source lacks a column, which becomes NULL', async () => {
    const table = await setting.full();
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
    const table = await setting.full();
    await setting.ask(`UPDATE ${quoteTable(table)} SET value = value WHERE ${moved}`);
    const source = rowsTo(ROWS);
    (source[7] ?? rowOf(7))[1] = 'changed';
    const { staged } = await setting.upsertRows(table, source);
    expect(staged).toBeLessThan(ROWS * 0.6);
    expect(await setting.rowsOf(table)).toEqual(source);
  });

  it('finds them in the order of no key, where the table lies in that order', async () => {
    const order = rowsTo(ROWS).map(([id]) => rowOf((id * 1_009) % ROWS));
    const table = await setting.full(order);
    expect(await setting.upsertRows(table, order)).toMatchObject({ staged: 0 });
    const changed = order.map((row): Row => (row[0] % 200 === 11 ? [row[0], 'changed', PAD] : row));
    const { staged } = await setting.upsertRows(table, changed);
    expect(staged).toBe(ROWS / 200);
    expect(await setting.rowsOf(table)).toEqual(lastOf(changed));
  });

  it('in another order than the table has is right all the same', async () => {
    const table = await setting.full();
    const backwards = rowsTo(ROWS).reverse();
    (backwards[5] ?? rowOf(5))[1] = 'changed';
    expect(await setting.upsertRows(table, backwards)).toMatchObject({ rows: ROWS });
    expect(await setting.rowsOf(table)).toEqual(lastOf(backwards));
  });

  it('fires triggers of statements, of which it would have fired any', async () => {
    const table = await setting.full();
    await setting.postgres.use(async (client) => {
      await client.query(`CREATE TABLE target.fired (n int);
        CREATE FUNCTION target.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO target.fired VALUES (1); RETURN NULL; END';
        CREATE TRIGGER fires AFTER UPDATE ON ${quoteTable(table)} FOR EACH STATEMENT EXECUTE FUNCTION target.fire()`);
    });
    expect(await setting.upsertRows(table, rowsTo(ROWS))).toMatchObject({ staged: 0 });
    expect(await setting.ask('SELECT count(*)::int FROM target.fired')).toBe(1);
  });
});

describe('of rows with the same key the last one wins', () => {
  const at = [0, 1, 1_500, ROWS - 1];
  it.each(at)('wherever the row %i is repeated, right behind itself', async (id) => {
    const table = await setting.full();
    const changed: Row = [id, 'changed', PAD];
    for (const repeated of [
      [changed, rowOf(id)],
      [rowOf(id), changed],
      [changed, rowOf(id), changed],
      [rowOf(id), changed, rowOf(id)],
    ]) {
      const source = [...rowsTo(id), ...repeated, ...rowsTo(ROWS).slice(id + 1)];
      const { rows, staged } = await setting.upsertRows(table, source);
      expect(rows).toBe(source.length);
      expect(staged).toBeLessThan(100);
      expect(await setting.rowsOf(table)).toEqual(lastOf(source));
      await setting.upsertRows(table, rowsTo(ROWS));
    }
  });

  it.each(at)('wherever the row %i comes again, far from itself', async (id) => {
    const table = await setting.full();
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
      await setting.upsertRows(table, source);
      expect(await setting.rowsOf(table)).toEqual(lastOf(source));
      await setting.upsertRows(table, rowsTo(ROWS));
    }
  });

  it('where more rows are staged than are known one by one', async () => {
    const narrow = (id: number, value = `value ${id}`): Row => [id, value, 'pad '.repeat(8)];
    const rows = Array.from({ length: 60_000 }, (_, id) => narrow(id));
    const table = await setting.full(rows);
    const source = rows.map(([id], index) => (index % 3 === 0 ? narrow(id, 'changed') : narrow(id)));
    // Each is there again, as it was: the table's own row, and yet the last one of its key.
    source.push(...rows.filter((_row, index) => index % 30 === 0));
    const { rows: arrived, staged } = await setting.upsertRows(table, source);
    expect(arrived).toBe(source.length);
    expect(staged).toBeLessThan(rows.length / 2);
    expect(await setting.rowsOf(table)).toEqual(lastOf(source));
  });
});

describe('rows are staged as ever', () => {
  it('where they are few', async () => {
    const table = await setting.full();
    expect(await setting.upsertRows(table, rowsTo(250))).toMatchObject({ rows: 250, staged: 250 });
  });

  it('where the table is small', async () => {
    const table = await setting.full(rowsTo(20));
    expect(await setting.upsertRows(table, rowsTo(ROWS))).toMatchObject({ rows: ROWS, staged: ROWS });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('where all of them have changed', async () => {
    const table = await setting.full();
    const changed = rowsTo(ROWS).map(([id]): Row => [id, 'changed', PAD]);
    expect(await setting.upsertRows(table, changed)).toMatchObject({ rows: ROWS, staged: ROWS });
    expect(await setting.rowsOf(table)).toEqual(changed);
  });

  it('where they are few among the rows of a large table', async () => {
    const table = await setting.full(Array.from({ length: 30_000 }, (_, id): Row => [id, 'value', 'pad '.repeat(60)]));
    const rows = Array.from({ length: 2_000 }, (_, at): Row => [at * 15, 'value', `${PAD} `]);
    expect(await setting.upsertRows(table, rows)).toMatchObject({ staged: rows.length });
  });

  it('from where on most of them have changed', async () => {
    const table = await setting.full(rowsTo(3 * ROWS));
    const source = rowsTo(3 * ROWS).map((row): Row => (row[0] < 2_500 ? row : [row[0], 'changed', PAD]));
    const { rows, staged } = await setting.upsertRows(table, source);
    expect(rows).toBe(source.length);
    expect(staged).toBe(source.length - 2_500);
    expect(await setting.rowsOf(table)).toEqual(source);
  });

  it('from the first one on that is spelt in a way that the server alone reads', async () => {
    const table = await setting.full();
    const csv = csvOf(NAMES, rowsTo(ROWS)).replace('\n2500,', '\n 2500 ,');
    const { rows, staged } = await upsertCsv(setting.postgres, table, csv);
    expect({ rows, staged }).toEqual({ rows: ROWS, staged: ROWS - 2_500 });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(ROWS));
  });

  it('behind the end of the table', async () => {
    const table = await setting.full();
    expect(await setting.upsertRows(table, rowsTo(3 * ROWS))).toEqual({
      rows: 3 * ROWS,
      staged: 2 * ROWS,
      isAwaited: false,
    });
    expect(await setting.rowsOf(table)).toEqual(rowsTo(3 * ROWS));
  });
});
