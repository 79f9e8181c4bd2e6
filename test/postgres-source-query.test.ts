import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PostgresIngestInput } from '../contracts/postgres-inputs.js';
import { defineHook } from '../workers/index.js';
import { openIngestBench, type IngestBench } from './support/ingest-worker.js';
import { failureOf } from './support/outcome.js';

type Source = Partial<Extract<PostgresIngestInput['source'], { type: 'query' }>>;

/** Rows of the target after each batch. */
const counts: number[] = [];
const count = defineHook('count', async ({ client, table }) => {
  const { rows } = await client.query<{ count: string }>(`SELECT count(*) FROM "${table.schema}"."${table.name}"`);
  counts.push(Number(rows[0]?.count));
});

describe('a query as the source of an ingest', () => {
  let bench: IngestBench;
  let runs = 0;
  beforeAll(async () => {
    bench = await openIngestBench({
      hooks: [count],
      queries: {
        busy: `SELECT id, at, label FROM origin.events WHERE label <> 'idle' -- not the idle ones`,
        nothing: 'SELECT 1 AS one',
      },
    });
    await bench.client.query('CREATE SCHEMA origin');
  });
  afterAll(() => bench.close());
  beforeEach(() => {
    counts.length = 0;
    runs += 1;
  });

  /** An input whose target is a new table for each test. */
  const input = (source: Source, columns: [string, string][], more: object = {}): unknown => ({
    pipeline: `q${runs}`,
    target: 'target',
    tables: [
      {
        schema: 'landing',
        name: `q${runs}`,
        columns: columns.map(([name, type]) => ({ name, type })),
        primaryKey: ['id'],
      },
    ],
    source: { type: 'query', connection: 'origin', ...source },
    onBeforeVisible: 'count',
    ...more,
  });
  const landed = (list: string): Promise<unknown[][]> => bench.rows(`SELECT ${list} FROM landing.q${runs} ORDER BY id`);
  const origin = (definition: string, ...values: string[]): Promise<unknown> =>
    bench.client.query(
      `DROP TABLE IF EXISTS origin.events; CREATE TABLE origin.events (${definition});
       ${values.length > 0 ? `INSERT INTO origin.events VALUES ${values.map((row) => `(${row})`).join(', ')}` : ''}`,
    );
  const events = { table: { schema: 'origin', name: 'events' } };
  const shape: [string, string][] = [
    ['id', 'bigint'],
    ['at', 'timestamptz'],
    ['label', 'text'],
  ];
  const base = 'id bigint, at timestamptz, label text';

  it('reads in the order of its cursor, and never tears apart rows that share one', async () => {
    await origin('id integer, tick integer', '1,1', '2,1', '3,2', '4,2', '5,2', '6,3', '7,4');
    const ticks: [string, string][] = [['id', 'integer'], ['tick', 'integer']]; // prettier-ignore
    const first = await bench.execute(input({ ...events, cursor: 'tick', batchRows: 3 }, ticks));
    expect(first).toMatchObject({ batches: 2, rows: 7, highWatermark: { from: null, to: '4' } });
    expect(counts).toEqual([5, 7]);
    await bench.client.query('INSERT INTO origin.events VALUES (8, 4), (9, 5)');
    const second = await bench.execute(input({ ...events, cursor: 'tick', batchRows: 3 }, ticks));
    // The row that came late, with a cursor that was read before, is what a lag is for.
    expect(second).toMatchObject({ batches: 1, rows: 1, highWatermark: { from: '4', to: '5' } });
    expect(await bench.execute(input({ ...events, cursor: 'tick' }, ticks))).toMatchObject({ batches: 0 });
  });

  it('goes on where the stretch before it has ended', async () => {
    await origin('id integer', ...Array.from({ length: 10 }, (_, id) => String(id)));
    const ids: [string, string][] = [['id', 'integer']];
    const result = await bench.execute(input({ ...events, cursor: 'id', batchRows: 2 }, ids, { batchesPerStretch: 1 }));
    expect(result).toMatchObject({ batches: 5, rows: 10, highWatermark: { from: null, to: '9' } });
    expect(counts).toEqual([2, 4, 6, 8, 10]);
  });

  it.each<[string, string[]]>([
    ['timestamptz', ["'2026-11-21 10:00:00.123456+02'", "'2026-11-21 10:00:00.123457+02'"]],
    ['timestamp', ["'0044-03-15 BC'", "'2026-11-21 10:00:00.000001'"]],
    ['date', ["'2026-11-20'", "'2026-11-21'"]],
    ['numeric', ['9007199254740993.000000000000000001', '9007199254740993.000000000000000002']],
    ['bigint', ['9007199254740992', '9007199254740993']],
    ['double precision', ['0.1', '0.30000000000000004']],
    ['text', [`'it''s \\a'`, `'it''s \\b'`]],
    ['uuid', ["'00000000-0000-0000-0000-000000000001'", "'ffffffff-0000-0000-0000-000000000001'"]],
    ['char(5)', ["'aa'", "'ab'"]],
    ['boolean', ['false', 'true']],
  ])('keeps a watermark of type %s to its last digit', async (type, [first = '', second = '']) => {
    await origin(`id integer, mark ${type}`, `1, ${first}`);
    const columns: [string, string][] = [['id', 'integer'], ['mark', type]]; // prettier-ignore
    const from = input({ ...events, cursor: 'mark' }, columns);
    expect(await bench.execute(from)).toMatchObject({ batches: 1, rows: 1 });
    expect(await bench.execute(from)).toMatchObject({ batches: 0 });
    await bench.client.query(`INSERT INTO origin.events VALUES (2, ${second})`);
    expect(await bench.execute(from)).toMatchObject({ batches: 1, rows: 1 });
    expect(await landed('id, mark::text')).toEqual(await bench.rows('SELECT id, mark::text FROM origin.events'));
  });

  it('reads again what lies within the lag, so that rows that came late arrive', async () => {
    await origin(base, `1, '2026-01-01 10:00Z', 'a'`, `2, '2026-01-01 11:00Z', 'b'`);
    const lagging = input({ ...events, cursor: 'at', lag: '30 minutes' }, shape);
    const first = await bench.execute(lagging);
    expect(new Date(String(first.highWatermark.to))).toEqual(new Date('2026-01-01T10:30:00Z'));
    await bench.client.query(
      `INSERT INTO origin.events VALUES (3, '2026-01-01 10:45Z', 'late'), (4, '2026-01-01 10:15Z', 'too late')`,
    );
    const second = await bench.execute(lagging);
    expect(second).toMatchObject({
      batches: 1,
      rows: 2,
      highWatermark: { from: first.highWatermark.to, to: first.highWatermark.to },
    });
    expect(await landed('id, label')).toEqual([['1', 'a'], ['2', 'b'], ['3', 'late']]); // prettier-ignore
  });

  it('comes to an end when more rows lie within the lag than one batch has', async () => {
    await origin('id integer', ...Array.from({ length: 20 }, (_, id) => String(id)));
    const lagging = input({ ...events, cursor: 'id', lag: 10, batchRows: 3 }, [['id', 'integer']], {
      batchesPerStretch: 1,
    });
    const result = await bench.execute(lagging);
    expect(result.highWatermark).toEqual({ from: null, to: '9' });
    expect((await landed('id')).length).toBe(20);
    // Nothing new: the rows of the lag are read, and the watermark stays.
    expect(await bench.execute(lagging)).toMatchObject({ batches: 1, highWatermark: { from: '9', to: '9' } });
  });

  it('fails on rows without a cursor, or leaves them out and says how many', async () => {
    await origin(base, `1, '2026-01-01Z', 'a'`, `2, NULL, 'b'`, `3, NULL, 'c'`);
    const failed = await failureOf(bench.execute(input({ ...events, cursor: 'at' }, shape)));
    expect(failed.code).toBe('INGEST_NULL_CURSORS');
    expect(failed.message).toContain('2 rows');
    const result = await bench.execute(input({ ...events, cursor: 'at', nullCursors: 'skip' }, shape));
    expect(result).toMatchObject({ rows: 1, leftOut: 2 });
    expect(result.summary).toContain('2 without a cursor');
  });

  it('takes everything in each run when it has no cursor, and once in each', async () => {
    await origin(base, `1, NULL, 'a'`, `2, NULL, 'b'`);
    const all = input(events, shape, { batchesPerStretch: 1 });
    expect(await bench.execute(all)).toMatchObject({ batches: 1, rows: 2 });
    await bench.client.query(`UPDATE origin.events SET label = 'B' WHERE id = 2`);
    expect(await bench.execute(all)).toMatchObject({ batches: 1, rows: 2 });
    expect(await landed('id, label')).toEqual([['1', 'a'], ['2', 'B']]); // prettier-ignore
  });

  it('reads a query that its connection names', async () => {
    await origin(base, `1, '2026-01-01Z', 'a'`, `2, '2026-01-02Z', 'idle'`);
    expect(await bench.execute(input({ query: 'busy', cursor: 'at' }, shape))).toMatchObject({ rows: 1 });
  });

  it('passes every value on as it is', async () => {
    await origin(
      'id integer, label text, bytes bytea, list text[], document jsonb, far timestamptz, cost numeric, ratio float8',
      `1, '', '\\x00ff', ARRAY['a,"b', NULL, ''], '{"a": "\\u00e9\\n"}', 'infinity', 'NaN', '-Infinity'`,
      `2, NULL, NULL, NULL, NULL, '4713-01-01 00:00:00Z BC', 1.10, 0.1`,
      `3, E'line\\nbreak, "quotes" \\\\. \\\\N', '', '{}', 'null', NULL, 1e-20, 1e300`,
    );
    const columns: [string, string][] = [
      ['id', 'integer'],
      ['ratio', 'float8'],
      ['label', 'text'],
      ['bytes', 'bytea'],
      ['list', 'text[]'],
      ['document', 'jsonb'],
      ['far', 'timestamptz'],
      ['cost', 'numeric'],
    ];
    await bench.execute(input({ ...events, cursor: 'id', batchRows: 2 }, columns));
    const list = 'id, label, bytes, list, document, far::text, cost::text, ratio::text';
    expect(await landed(list)).toEqual(await bench.rows(`SELECT ${list} FROM origin.events ORDER BY id`));
  });

  it('ends its session with the run, also when the rows are refused', async () => {
    await origin(base, `1, '2026-01-01Z', 'far too long'`);
    const narrow: [string, string][] = [['id', 'bigint'], ['label', 'varchar(3)']]; // prettier-ignore
    expect((await failureOf(bench.execute(input({ ...events, cursor: 'id' }, narrow)))).code).toBe('POSTGRES_TOO_LONG');
    const open = await bench.rows(
      `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`,
    );
    expect(open).toEqual([['0']]);
  });

  it.each<[string, string, Source, string]>([
    ['INGEST_UNKNOWN_QUERY', 'a query that the connection has not', { query: 'bussy' }, 'busy'],
    ['INGEST_SQL_NOT_ALLOWED', 'SQL where the connection allows none', { sql: 'SELECT 1 AS id' }, 'allowQueries'],
    ['INGEST_SOURCE_COLUMNS', 'columns that the query has not', { query: 'nothing' }, '"id", "at", "label"'],
    ['INGEST_SOURCE_COLUMNS', 'a cursor that it has not', { ...events, cursor: 'att' }, '"at"'],
    ['INGEST_LAG', 'a lag that does not fit the cursor', { ...events, cursor: 'label', lag: 3 }, 'text'],
    ['INGEST_LAG', 'a lag that is negative', { ...events, cursor: 'at', lag: '-5 minutes' }, 'negative'],
    ['POSTGRES_NOT_FOUND', 'a table that is not there', { table: { schema: 'origin', name: 'event' } }, 'origin'],
  ])('refuses by %s %s', async (code, _what, source, hint) => {
    await origin(base, `1, '2026-01-01Z', 'a'`);
    const failed = await failureOf(bench.execute(input(source, shape)));
    expect(failed).toMatchObject({ code });
    expect(failed.message).toContain(hint);
  });

  it('refuses a cursor that is infinite: nothing would ever lie behind it', async () => {
    await origin(base, `1, 'infinity', 'a'`);
    expect((await failureOf(bench.execute(input({ ...events, cursor: 'at' }, shape)))).code).toBe(
      'INGEST_ENDLESS_CURSOR',
    );
  });

  it('refuses the watermark of another kind of source', async () => {
    await origin(base, `1, '2026-01-01Z', 'a'`);
    const foreign = input({ ...events, cursor: 'at' }, shape, { highWatermark: { files: {} } });
    expect((await failureOf(bench.execute(foreign))).code).toBe('INGEST_WATERMARK_FOREIGN');
  });
});

describe('SQL of the input itself', () => {
  it('is read where the connection allows it, and can change nothing', async () => {
    const bench = await openIngestBench({ allowQueries: true });
    try {
      const input = (sql: string) => ({
        pipeline: 'own',
        target: 'target',
        tables: [{ schema: 'landing', name: 'own', columns: [{ name: 'id', type: 'integer' }] }],
        source: { type: 'query', connection: 'origin', sql, cursor: 'id', batchRows: 4 },
      });
      const result = await bench.execute(input('SELECT * FROM generate_series(1, 10) AS id;\n'));
      expect(result).toMatchObject({ batches: 3, rows: 10, highWatermark: { to: '10' } });
      await bench.client.query('CREATE TABLE kept AS SELECT 1 AS id');
      const writing = `SELECT id FROM (SELECT 11 AS id) AS x WHERE (SELECT count(*) FROM pg_ls_dir('.')) > 0`;
      expect((await bench.execute(input(writing))).rows).toBe(1);
      const failed = await failureOf(bench.execute(input('DELETE FROM kept RETURNING id')));
      expect(failed.code).toMatch(/^POSTGRES_/u);
      expect(await bench.rows('SELECT count(*) FROM kept')).toEqual([['1']]);
    } finally {
      await bench.close();
    }
  });
});
