import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ingest } from '../connectors/postgres/index.js';
import { quoteTable } from '../connectors/postgres/quote.js';
import {
  APPLICATION,
  csvFrom,
  openTwoSessionsSetting,
  ROWS,
  textOf,
  rowsOf,
  type Row,
  type TwoSessionsSetting,
} from './support/two-sessions.js';
import { csvOf } from './support/upsert-csv.js';

let setting: TwoSessionsSetting;
beforeAll(async () => {
  setting = await openTwoSessionsSetting();
});
afterAll(() => setting.close());

describe('a second session copies some of the rows', () => {
  it('into a table that is not there yet, nor its schema', async () => {
    const table = { ...setting.padded(), schema: 'made_by_the_batch' };
    await setting.load(table, setting.waiting('append', rowsOf(ROWS)));
    expect(await setting.made()).toBeGreaterThan(0);
    expect(await setting.content(table)).toEqual(rowsOf(ROWS));
    expect(await setting.left()).toEqual([]);
  });

  it('into a table that has rows, and keeps them', async () => {
    const table = setting.padded();
    await setting.load(table, csvFrom(rowsOf(3)));
    expect(await setting.made()).toBe(0);
    await setting.load(table, setting.waiting('append', rowsOf(ROWS)));
    expect(await setting.made()).toBeGreaterThan(0);
    const doubled = rowsOf(ROWS).flatMap((row): Row[] => ((row[0] ?? 0) < 3 ? [row, row] : [row]));
    expect(await setting.content(table)).toEqual(doubled);
    expect(await setting.left()).toEqual([]);
  });

  it('piece by piece, where they are many', async () => {
    const table = setting.padded();
    const rows = rowsOf(3 * ROWS);
    await setting.load(table, setting.inPieces(rows));
    expect(await setting.made()).toBeGreaterThan(1);
    expect(await setting.content(table)).toEqual(rows);
    expect(await setting.left()).toEqual([]);
  });

  it('none of a batch that is small, and none where nobody has asked for it', async () => {
    const table = setting.padded();
    await setting.load(table, csvFrom(rowsOf(1_000)));
    await setting.load(table, csvFrom(rowsOf(ROWS)), { sessions: 1 });
    expect(await setting.made()).toBe(0);
    expect(await setting.content(table)).toHaveLength(ROWS + 1_000);
  });

  it('columns that the source lacks become null there, too', async () => {
    const table = setting.padded();
    const pad = 'y'.repeat(3_000);
    const rows = rowsOf(ROWS).map(([id]): [string, number | null] => [pad, id]);
    await setting.load(table, setting.waiting('append', csvOf(['pad', 'id'], rows)));
    expect(await setting.made()).toBeGreaterThan(0);
    expect(await setting.content(table)).toEqual(rows.map(([, id]) => [id, null]));
  });

  it('of a later batch, too', async () => {
    const table = setting.padded();
    const batches = function* () {
      yield { highWatermark: 1, rows: { table, csv: csvFrom(rowsOf(2)) } };
      yield { highWatermark: 2, rows: { table, csv: setting.waiting('append', rowsOf(ROWS)) } };
      yield { highWatermark: 3, rows: { table, csv: setting.waiting('append', rowsOf(ROWS)) } };
    };
    const url = setting.database.url;
    await ingest({ url, applicationName: APPLICATION }, [table], batches, { sessions: 2 });
    expect(await setting.made()).toBeGreaterThan(1);
    expect(await setting.content(table)).toHaveLength(2 * ROWS + 2);
    expect(await setting.left()).toEqual([]);
  });

  it.each([
    ['a unique index', (table: string) => `CREATE UNIQUE INDEX ON ${table} (id)`],
    ['a check', (table: string) => `ALTER TABLE ${table} ADD CHECK (id >= 0)`],
    ['a rule', (table: string) => `CREATE RULE no AS ON INSERT TO ${table} DO INSTEAD NOTHING`],
    ['policies', (table: string) => `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`],
    [
      'a trigger',
      (table: string) =>
        `CREATE OR REPLACE FUNCTION target.pass() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER t BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION target.pass()`,
    ],
  ])('none where the table has %s, which COPY and INSERT do not treat alike', async (_, sql) => {
    const table = setting.padded();
    const batches = async function* () {
      yield { highWatermark: 1, rows: { table, csv: csvFrom([]) } };
      // Behind the first batch, which makes the table what its definition says.
      await setting.postgres.use((client) => client.query(sql(quoteTable(table))));
      yield { highWatermark: 2, rows: { table, csv: csvFrom(rowsOf(ROWS)) } };
    };
    await ingest({ url: setting.database.url }, [table], batches, { sessions: 2 });
    expect(await setting.made()).toBe(0);
    expect(await setting.content(table)).toEqual(rowsOf(ROWS));
  });

  it('before rows that the server alone can read, which come behind all others', async () => {
    const rows = rowsOf(ROWS);
    const table = setting.padded();
    await setting.load(table, setting.waiting('append', textOf(rows).replace('\n9000,', '\n 9000,')));
    expect(await setting.made()).toBeGreaterThan(0);
    expect(await setting.content(table)).toEqual(rows);
  });

  it('none where the role may have one session alone', async () => {
    const table = setting.padded();
    const url = new URL(setting.database.url);
    await setting.postgres.use((client) =>
      client.query(`CREATE ROLE lonely LOGIN PASSWORD 'lonely' CONNECTION LIMIT 1;
        GRANT CREATE ON DATABASE ${url.pathname.slice(1)} TO lonely; GRANT CREATE ON SCHEMA public TO lonely`),
    );
    url.username = 'lonely';
    url.password = 'lonely';
    const own = { ...table, schema: 'lonely' };
    try {
      await ingest(
        { url: url.href },
        [own],
        () => [{ highWatermark: 1, rows: { table: own, csv: csvFrom(rowsOf(ROWS)) } }],
        {
          sessions: 2,
        },
      );
      expect(await setting.made()).toBe(0);
      expect(await setting.content(own)).toEqual(rowsOf(ROWS));
    } finally {
      await setting.postgres.use((client) => client.query('DROP OWNED BY lonely CASCADE; DROP ROLE lonely'));
    }
  });
});

describe('an upsert is merged in pieces, which a second session copies', () => {
  const full = async () => {
    const table = setting.padded(['id']);
    await setting.load(table, csvFrom(rowsOf(ROWS)));
    expect(await setting.made()).toBe(0);
    return table;
  };
  const indexed = (rows: readonly Row[]): Row[] =>
    [...new Map(rows.map((row) => [row[0], row])).values()].sort((a, b) => Number(a[0]) - Number(b[0]));

  it('where both are in the order of the key', async () => {
    const table = await full();
    const changed = rowsOf(ROWS + 500, 'changed');
    await setting.load(table, csvFrom(changed));
    expect(await setting.made()).toBeGreaterThan(1);
    expect(await setting.content(table)).toEqual(changed);
    expect(await setting.left()).toEqual([]);
  });

  it.each([
    ['right behind itself', 1],
    ['far behind itself, in another piece', 7_000],
  ])('the last row of a key wins that is there again %s', async (_, distance) => {
    const table = await full();
    const source = rowsOf(ROWS, 'changed');
    for (const id of [11_000, 4_500, 10])
      source.splice(Math.min(id + distance, source.length), 0, [id, 'the last one']);
    await setting.load(table, csvFrom(source));
    expect(await setting.made()).toBeGreaterThan(1);
    expect(await setting.content(table)).toEqual(indexed(source));
  });

  it('columns that the source lacks become null, in whatever order the others come', async () => {
    const table = await full();
    const pad = 'y'.repeat(3_000);
    const rows = rowsOf(ROWS).map(([id]): [string, number | null] => [pad, id]);
    await setting.load(table, csvFrom(csvOf(['pad', 'id'], rows)));
    expect(await setting.made()).toBeGreaterThan(1);
    expect(await setting.content(table)).toEqual(rows.map(([, id]) => [id, null]));
  });

  it('up to where the source leaves the order', async () => {
    const table = await full();
    const source = rowsOf(ROWS, 'changed').reverse();
    source.push([5, 'the last one']);
    await setting.load(table, csvFrom(source));
    expect(await setting.content(table)).toEqual(indexed(source));
    await setting.made();
    expect(await setting.left()).toEqual([]);
  });

  it('up to the first row that the server alone can read', async () => {
    const table = await full();
    const source = rowsOf(ROWS, 'changed');
    source.push([9_000, 'the last one']);
    await setting.load(table, csvFrom(textOf(source).replace('\n9500,', '\n 9500,')));
    expect(await setting.made()).toBeGreaterThan(0);
    expect(await setting.content(table)).toEqual(indexed(source));
  });

  it('not where a trigger fires for each statement: it fires as often as ever', async () => {
    const table = await full();
    await setting.postgres.use((client) =>
      client.query(`CREATE TABLE target.fired (at timestamptz DEFAULT clock_timestamp());
        CREATE FUNCTION target.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO target.fired DEFAULT VALUES; RETURN NULL; END';
        CREATE TRIGGER t AFTER UPDATE ON ${quoteTable(table)} FOR EACH STATEMENT EXECUTE FUNCTION target.fire()`),
    );
    await setting.load(table, csvFrom(rowsOf(ROWS, 'changed')));
    expect(await setting.made()).toBe(0);
    expect(await setting.ask('SELECT count(*)::int FROM target.fired')).toBe(1);
    expect(await setting.content(table)).toEqual(rowsOf(ROWS, 'changed'));
  });

  it('not where a row may refer to one that comes later', async () => {
    const table = await full();
    await setting.postgres.use((client) =>
      client.query(`ALTER TABLE ${quoteTable(table)} ADD FOREIGN KEY (id) REFERENCES ${quoteTable(table)} (id)`),
    );
    await setting.load(table, csvFrom(rowsOf(ROWS, 'changed')));
    expect(await setting.made()).toBe(0);
    expect(await setting.content(table)).toEqual(rowsOf(ROWS, 'changed'));
    const key = `SELECT count(*)::int FROM pg_constraint WHERE contype = 'f' AND conrelid = $1::regclass`;
    expect(await setting.ask(key, [quoteTable(table)])).toBe(1);
  });

  it('of text in the order of its own collation', async () => {
    const table = {
      ...setting.table(
        [
          { name: 'id', type: 'text' },
          { name: 'value', type: 'text' },
          { name: 'pad', type: 'text' },
        ],
        ['id'],
      ),
    };
    // In another order than that of bytes.
    await setting.postgres.use((client) =>
      client.query(`CREATE TABLE ${quoteTable(table)} (id text COLLATE "en-x-icu" PRIMARY KEY, value text, pad text)`),
    );
    const keys = rowsOf(ROWS).map(([id]) => `${'aBcDeF'[Number(id) % 6] ?? ''}${String(id).padStart(6, '0')}`);
    keys.sort((one, other) => new Intl.Collator('en').compare(one, other));
    const csv = (value: string) =>
      csvFrom(
        csvOf(
          ['id', 'value', 'pad'],
          keys.map((key) => [key, `${value} ${key}`, 'x'.repeat(1_000)]),
        ),
      );
    await setting.load(table, csv('value'));
    await setting.load(table, csv('changed'));
    expect(await setting.made()).toBeGreaterThan(1);
    expect(await setting.ask(`SELECT count(*)::int FROM ${quoteTable(table)} WHERE value = 'changed ' || id`)).toBe(
      ROWS,
    );
    expect(await setting.ask(`SELECT count(*)::int FROM ${quoteTable(table)}`)).toBe(ROWS);
  });
});
