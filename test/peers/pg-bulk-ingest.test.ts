import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import { ingest, type IngestBatch, type JsonValue } from '../../connectors/postgres/index.js';
import type { PostgresTable } from '../../contracts/postgres-table.js';
import { openDatabase, type TestDatabase } from '../support/postgres.js';

// The judge of where and how the high watermark is stored, and of when a table is replaced: the real pg-bulk-ingest takes turns with
// ours on the same table, and either must go on where the other stopped.

const PROGRAM = path.resolve('test', 'peers', 'ingest', 'turn.py');

const python = process.env['TIDEMARK_PEERS_PYTHON'];
if (python === undefined) throw new Error('TIDEMARK_PEERS_PYTHON is not set: run `npm run test:peers`');
const program = python;

type Row = readonly (string | number | null)[];
interface Shape {
  /** Name, type as both spell it, part of the key. */
  columns: readonly (readonly [string, string, boolean])[];
}
interface Turn {
  batches: readonly (readonly [JsonValue, readonly Row[]])[];
  highWatermark?: JsonValue;
  delete?: '__OFF__' | '__BEFORE_FIRST_BATCH__';
}

let database: TestDatabase;
let client: pg.Client;
let count = 0;

beforeAll(async () => {
  database = await openDatabase();
  client = await database.connect();
});
afterAll(() => database.close());

const KEYED: Shape = { columns: [['id', 'BIGINT', true], ['name', 'TEXT', false]] }; // prettier-ignore
const KEYLESS: Shape = { columns: [['id', 'BIGINT', false], ['name', 'TEXT', false]] }; // prettier-ignore

/** A table of this test's own, its spelling awkward. */
const newTable = () => ({ schema: 'Ünï "schema"', name: `Table 'of' ${String((count += 1))}` });
type Place = ReturnType<typeof newTable>;

/** A turn of the real pg-bulk-ingest. Returns the watermark that it was given. */
async function theirs(place: Place, shape: Shape, turn: Turn): Promise<JsonValue> {
  const child = spawn(program, [PROGRAM], { env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } });
  child.stdin.end(
    JSON.stringify({
      url: database.url,
      schema: place.schema,
      table: place.name,
      columns: shape.columns,
      batches: turn.batches,
      ...(turn.highWatermark === undefined ? {} : { high_watermark: turn.highWatermark }),
      ...(turn.delete === undefined ? {} : { delete: turn.delete }),
    }),
  );
  const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`pg-bulk-ingest failed: ${complaint.slice(-2_000)}`);
  // Printed by our own program.
  const { received } = JSON.parse(said) as { received: JsonValue[] };
  expect(received).toHaveLength(1);
  return received[0] ?? null;
}

/** A turn of ours. Returns the watermark that the source was given. */
async function ours(place: Place, shape: Shape, turn: Turn): Promise<JsonValue> {
  const table: PostgresTable = {
    ...place,
    columns: shape.columns.map(([name, type]) => ({ name, type: type.toLowerCase() })),
    ...(shape.columns.some(([, , isKey]) => isKey)
      ? { primaryKey: shape.columns.filter(([, , isKey]) => isKey).map(([name]) => name) }
      : {}),
  };
  const received: JsonValue[] = [];
  const batches = (highWatermark: JsonValue): IngestBatch[] => {
    received.push(highWatermark);
    return turn.batches.map(([mark, rows]) => ({
      highWatermark: mark,
      rows: rows.map((row) => [table, row] as const),
    }));
  };
  await ingest({ url: database.url, ssl: 'disable' }, [table], batches, {
    ...(turn.highWatermark === undefined ? {} : { highWatermark: turn.highWatermark }),
    ...(turn.delete === undefined ? {} : { delete: turn.delete }),
  });
  expect(received).toHaveLength(1);
  return received[0] ?? null;
}

const quoted = ({ schema, name }: Place) => [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.');

async function rowsOf(place: Place): Promise<unknown[]> {
  const { rows } = await client.query<{ row: unknown[] }>(
    `SELECT json_build_array(id, name) AS row FROM ${quoted(place)} ORDER BY id, name`,
  );
  return rows.map(({ row }) => row);
}

async function oidOf(place: Place): Promise<string> {
  const { rows } = await client.query<{ oid: string }>('SELECT $1::regclass::oid::text AS oid', [quoted(place)]);
  return rows[0]?.oid ?? 'none';
}

async function commentOf(place: Place): Promise<string> {
  const { rows } = await client.query<{ comment: string }>(
    `SELECT obj_description($1::regclass, 'pg_class') AS comment`,
    [quoted(place)],
  );
  return rows[0]?.comment ?? '';
}

/** Values that a JSON encoder could spell in more than one way. */
const MARKS: readonly JsonValue[] = [
  null, 0, 6, '', false, '2015-01-02', 'é 🌊', 0.5, 9007199254740991, ['a', 1], { a: { b: [null] }, c: 'x' },
]; // prettier-ignore

describe.each([
  ['with a primary key', KEYED],
  ['without a primary key', KEYLESS],
])('pg-bulk-ingest and Tidemark take turns on a table %s', (_, shape) => {
  it('theirs begins, ours goes on, theirs goes on: each is given the other’s watermark, no row is lost or doubled', async () => {
    const place = newTable();
    await theirs(place, shape, {
      batches: [
        ['a', [[1, 'one']]],
        ['b', [[2, 'two']]],
      ],
    });
    expect(await ours(place, shape, { batches: [['c', [[3, 'three']]]] })).toBe('b');
    expect(await theirs(place, shape, { batches: [['d', [[4, 'four']]]] })).toBe('c');
    expect(await ours(place, shape, { batches: [] })).toBe('d');
    expect(await rowsOf(place)).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
    ]);
  });

  it('ours begins, theirs goes on, ours goes on', async () => {
    const place = newTable();
    await ours(place, shape, { batches: [[{ page: 1 }, [[1, 'one']]]] });
    expect(await theirs(place, shape, { batches: [[[2, null], [[2, 'two']]]] })).toEqual({ page: 1 });
    expect(await ours(place, shape, { batches: [[3, [[3, 'three']]]] })).toEqual([2, null]);
    expect(await theirs(place, shape, { batches: [] })).toBe(3);
    expect(await rowsOf(place)).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
    ]);
  });

  it('neither replaces the table that the other has made', async () => {
    const first = newTable();
    await theirs(first, shape, { batches: [['a', [[1, 'one']]]] });
    const oid = await oidOf(first);
    await ours(first, shape, { batches: [['b', [[2, 'two']]]] });
    await theirs(first, shape, { batches: [['c', [[3, 'three']]]] });
    expect(await oidOf(first)).toBe(oid);

    const second = newTable();
    await ours(second, shape, { batches: [['a', [[1, 'one']]]] });
    const other = await oidOf(second);
    await theirs(second, shape, { batches: [['b', [[2, 'two']]]] });
    await ours(second, shape, { batches: [['c', [[3, 'three']]]] });
    expect(await oidOf(second)).toBe(other);
  });

  it('a run that starts over, and one that deletes first, mean the same to both', async () => {
    const place = newTable();
    await ours(place, shape, { batches: [['a', [[1, 'one']]]] });
    expect(await theirs(place, shape, { highWatermark: '__EARLIEST__', batches: [['b', [[2, 'two']]]] })).toBeNull();
    expect(await ours(place, shape, { delete: '__BEFORE_FIRST_BATCH__', batches: [['c', [[3, 'three']]]] })).toBe('b');
    expect(await rowsOf(place)).toEqual([[3, 'three']]);
    expect(await theirs(place, shape, { delete: '__BEFORE_FIRST_BATCH__', batches: [['d', [[4, 'four']]]] })).toBe('c');
    expect(await rowsOf(place)).toEqual([[4, 'four']]);
    expect(await ours(place, shape, { batches: [] })).toBe('d');
  });
});

describe('the comment that holds the watermark', () => {
  it.each(MARKS.map((mark) => [JSON.stringify(mark), mark]))('spells %s as pg-bulk-ingest does', async (_, mark) => {
    const [first, second] = [newTable(), newTable()];
    await theirs(first, KEYLESS, { batches: [[mark, [[1, 'one']]]] });
    await ours(second, KEYLESS, { batches: [[mark, [[1, 'one']]]] });
    const wanted = await commentOf(first);
    expect(wanted).toMatch(/^\{"pg-bulk-ingest": \{"high-watermark": .*\}\}$/u);
    // Ours has its marker behind.
    expect((await commentOf(second)).startsWith(`${wanted.slice(0, -1)}, "tidemark": {`)).toBe(true);
    expect(await ours(first, KEYLESS, { batches: [] })).toEqual(mark);
    expect(await theirs(second, KEYLESS, { batches: [] })).toEqual(mark);
  });

  it('keeps what others have put there, and our marker, through turns of both', async () => {
    const place = newTable();
    await ours(place, KEYED, { batches: [['a', [[1, 'one']]]] });
    const marker = /"tidemark": \{[^}]*\}/u.exec(await commentOf(place))?.[0];
    await client.query(`COMMENT ON TABLE ${quoted(place)} IS '{"owner": "é", ${(await commentOf(place)).slice(1)}'`);
    await theirs(place, KEYED, { batches: [['b', [[2, 'two']]]] });
    expect(await commentOf(place)).toContain(marker);
    await ours(place, KEYED, { batches: [['c', [[3, 'three']]]] });
    expect(JSON.parse(await commentOf(place))).toMatchObject({
      owner: 'é',
      'pg-bulk-ingest': { 'high-watermark': 'c' },
      tidemark: { sequence: 1 },
    });
  });
});
