import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { ingest } from '../connectors/postgres/ingest.js';
import type { IngestOptions } from '../connectors/postgres/ingest-options.js';
import type { IngestBatch } from '../connectors/postgres/port.js';
import { seededRandom } from './support/csv-pieces.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

const KEYED = {
  schema: 'public',
  name: 'keyed',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'name', type: 'varchar(5)', nullable: false },
  ],
  primaryKey: ['id'],
};
const PLAIN = { ...KEYED, name: 'plain', primaryKey: undefined };
const quarantine = { schema: 'public', name: 'quarantine' };

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await openDatabase();
  client = await database.connect();
});

beforeEach(() => client.query('DROP TABLE IF EXISTS keyed, plain, quarantine'));

afterAll(() => database.close());

function load(batches: IngestBatch[], options: IngestOptions = {}): ReturnType<typeof ingest> {
  const { primaryKey: _none, ...plain } = PLAIN;
  return ingest({ url: database.url }, [KEYED, plain], () => batches, {
    quarantine,
    run: { pipeline: 'p', run: 'r' },
    ...options,
  });
}

async function table(name: string): Promise<unknown[]> {
  return (await client.query(`SELECT id, name FROM ${name} ORDER BY id`)).rows.map(
    (row: { id: number; name: string }) => [row.id, row.name],
  );
}

async function bad(): Promise<unknown[]> {
  const { rows } = await client.query<{ t: string; n: number; c: string | null; code: string }>(
    `SELECT table_name AS t, row_number::int AS n, column_name AS c, code FROM quarantine ORDER BY id`,
  );
  return rows.map(({ t, n, c, code }) => [t, n, c, code]);
}

describe('an ingest with a quarantine', () => {
  it('commits the good rows with the watermark, and the bad ones beside them', async () => {
    const result = await load([
      {
        highWatermark: 1,
        rows: [
          [KEYED, [1, 'one']],
          [PLAIN, ['x', 'one']],
          [KEYED, [2, 'too long']],
          [KEYED, [1, 'again']],
          [KEYED, [3, null]],
          [KEYED, [null, 'key']],
          [PLAIN, [4, 'four']],
        ],
      },
      {
        highWatermark: 2,
        rows: [
          [KEYED, [1, 'third']],
          [KEYED, [2 ** 31, 'x']],
          [KEYED, [5, 'five']],
        ],
      },
    ]);
    expect(result).toMatchObject({
      batches: 2,
      rows: 5,
      highWatermark: { from: null, to: 2 },
      tables: [
        { table: 'keyed', rows: 4, quarantined: 4 },
        { table: 'plain', rows: 1, quarantined: 1 },
      ],
    });
    expect(await table('keyed')).toEqual([
      [1, 'third'],
      [5, 'five'],
    ]);
    expect(await table('plain')).toEqual([[4, 'four']]);
    expect(await bad()).toEqual([
      ['keyed', 2, 'name', 'POSTGRES_TOO_LONG'],
      ['keyed', 4, 'name', 'POSTGRES_NOT_NULL'],
      ['keyed', 5, 'id', 'POSTGRES_NOT_NULL'],
      ['plain', 1, 'id', 'POSTGRES_BAD_VALUE'],
      ['keyed', 2, 'id', 'POSTGRES_OUT_OF_RANGE'],
    ]);
  });

  it.each([
    ['a new table, in one go', 1, 10_000],
    ['a table that is there, in one go', 2, 10_000],
    ['a new table, in many portions', 1, 100],
    ['a table that is there, in many portions', 2, 100],
  ])('lets the last row of a key win wherever the server puts it: %s', async (_, runs, maxRowsPerTableBuffer) => {
    const WIDE = { ...KEYED, name: 'wide', columns: [KEYED.columns[0]!, { name: 'name', type: 'text' }] };
    await client.query('DROP TABLE IF EXISTS wide');
    // Large rows first, which leave room in their pages that small ones of later fit into.
    const random = seededRandom(7);
    const noise = (length: number): string =>
      Array.from({ length }, () => String.fromCharCode(33 + (random(90) % 90))).join('');
    const large = Array.from({ length: 400 }, (__, id) => [id, `old ${noise(1_500)}`] as const);
    const small = Array.from({ length: 400 }, (__, id) => [id, `new ${noise((id % 10) * 20)}`] as const);
    const { primaryKey: _none, ...plain } = PLAIN;
    const rows = [...large, ['x', 'bad'] as const, ...small].flatMap((row, at) => [
      [WIDE, row] as const,
      [plain, [at, 'p']] as const,
    ]);
    const options = { quarantine, maxRowsPerTableBuffer };
    for (let run = 1; run <= runs; run += 1) {
      const result = await ingest({ url: database.url }, [WIDE, plain], () => [{ highWatermark: run, rows }], options);
      expect(result.tables[0]).toMatchObject({ rows: 800, quarantined: 1 });
    }
    expect(await table('wide')).toEqual(small.map((row) => [...row]));
  });

  it('takes bad rows out of CSV and of a DuckDB query', async () => {
    const csv = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.from('name,id\na,1\n"b\nb",2\nc,3,4\n\xff,5\n"d",x\n', 'latin1'));
    };
    const result = await load([
      { highWatermark: 1, rows: { table: KEYED, csv: csv() } },
      {
        highWatermark: 2,
        rows: {
          table: KEYED,
          duckdb: `SELECT * FROM (VALUES ('2147483648', 'x'), ('7', 'seven'), ('8', chr(9) || chr(0)), ('9', NULL), (NULL, 'ab\\n')) AS t(id, name)`,
        },
      },
    ]);
    expect(result).toMatchObject({
      rows: 3,
      tables: [
        { rows: 3, quarantined: 7 },
        { rows: 0, quarantined: 0 },
      ],
    });
    expect(await table('keyed')).toEqual([
      [1, 'a'],
      [2, 'b\nb'],
      [7, 'seven'],
    ]);
    expect(await bad()).toEqual([
      ['keyed', 3, null, 'POSTGRES_ROW_WIDTH'],
      ['keyed', 4, 'name', 'POSTGRES_BAD_VALUE'],
      ['keyed', 5, 'id', 'POSTGRES_BAD_VALUE'],
      ['keyed', 1, 'id', 'POSTGRES_OUT_OF_RANGE'],
      ['keyed', 3, 'name', 'POSTGRES_BAD_VALUE'],
      ['keyed', 4, 'name', 'POSTGRES_NOT_NULL'],
      ['keyed', 5, 'id', 'POSTGRES_NOT_NULL'],
    ]);
    const told = await client.query(`SELECT "row" FROM quarantine WHERE row_number IN (3, 5) ORDER BY id DESC LIMIT 2`);
    expect(told.rows).toEqual([{ row: { id: null, name: 'ab\\n' } }, { row: { id: '8', name: '\t\ufffd' } }]);
  });

  it('that fails for another reason keeps neither good nor bad rows of its batch', async () => {
    const batch = {
      highWatermark: 1,
      rows: [
        [KEYED, [1, 'one']],
        [KEYED, ['x', 'y']],
      ],
    } as IngestBatch;
    const boom = {
      highWatermark: () => {
        throw new Error('boom');
      },
      rows: [
        [KEYED, ['z', 'y']],
        [KEYED, [2, 'two']],
      ],
    } as IngestBatch;
    await expect(load([batch, boom])).rejects.toThrow('boom');
    expect(await table('keyed')).toEqual([[1, 'one']]);
    expect(await bad()).toEqual([['keyed', 2, 'id', 'POSTGRES_BAD_VALUE']]);
  });

  it('whose rows are all bad commits its watermark', async () => {
    const result = await load([{ highWatermark: 9, rows: [[KEYED, ['x', 'y']]] }]);
    expect(result).toMatchObject({ rows: 0, highWatermark: { to: 9 }, tables: [{ rows: 0, quarantined: 1 }, {}] });
    expect(await table('keyed')).toEqual([]);
  });
});
