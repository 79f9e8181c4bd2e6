import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from 'pg';
import { readColumnTypes, type ColumnType } from '../connectors/postgres/encode/column-types.js';
import { createRowEncoder } from '../connectors/postgres/encode/row-encoder.js';
import { copyRows, readBack } from './support/encoded-rows.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await openDatabase();
  client = await database.connect();
});

afterAll(() => database.close());

describe('the types of a live table', () => {
  it("are the catalogue's, in the order of the columns, with all that they are made of", async () => {
    await client.query(`
      CREATE SCHEMA "my ""schema"".";
      CREATE TYPE "my ""schema""."."c o" AS ENUM ('a');
      CREATE DOMAIN "my ""schema"".".short AS varchar(3)[];
      CREATE TYPE "my ""schema""."."deep" AS (one integer, "t w o" "my ""schema"".".short);
      CREATE TABLE "my ""schema""."."t'a.b%l😀e" (
        gone integer, "B" numeric(12,2) NOT NULL, c box[], d "my ""schema""."."c o", e "my ""schema""."."deep",
        f int8multirange, g timestamptz(3) GENERATED ALWAYS AS ('2024-01-01 00:00:00+00') STORED, h point);
      ALTER TABLE "my ""schema""."."t'a.b%l😀e" DROP COLUMN gone;`);
    const columns = await readColumnTypes(client, { schema: 'my "schema".', name: "t'a.b%l😀e" });
    const schema = '"my ""schema""."';
    const text = { type: 'character varying(3)', kind: 'base', base: 'varchar', delimiter: ',' };
    const plain = (type: string, base: string, delimiter = ','): object => ({ type, kind: 'base', base, delimiter });
    expect(columns).toEqual([
      { ...plain('numeric(12,2)', 'numeric'), name: 'B', notNull: true },
      { ...plain('box[]', '_box', ';'), kind: 'array', name: 'c', notNull: false, element: plain('box', 'box', ';') },
      { ...plain(`${schema}."c o"`, 'c o'), kind: 'enum', name: 'd', notNull: false },
      {
        ...plain(`${schema}.deep`, 'deep'),
        kind: 'composite',
        name: 'e',
        notNull: false,
        fields: [
          { ...plain('integer', 'int4'), name: 'one' },
          {
            ...plain(`${schema}.short`, 'short'),
            kind: 'domain',
            name: 't w o',
            underlying: {
              ...plain('character varying(3)[]', '_varchar'),
              kind: 'array',
              element: { ...text, type: 'character varying' },
            },
          },
        ],
      },
      {
        ...plain('int8multirange', 'int8multirange'),
        kind: 'multirange',
        name: 'f',
        notNull: false,
        element: { ...plain('int8range', 'int8range'), kind: 'range', element: plain('bigint', 'int8') },
      },
      { ...plain('point', 'point'), name: 'h', notNull: false },
    ]);
  });

  it('are none where there is no such table', async () => {
    expect(await readColumnTypes(client, { schema: 'public', name: 'absent' })).toEqual([]);
  });
});

describe('VECTOR', () => {
  const vector: ColumnType = {
    name: 'value',
    type: 'vector(3)',
    kind: 'base',
    base: 'vector',
    delimiter: ',',
    notNull: false,
  };

  it('a list of numbers is written as the extension reads it', () => {
    const encoder = createRowEncoder([vector], { table: 't' });
    encoder.add([[1, 2.5, -3e-7]], 1);
    encoder.add([new Float32Array([0.5, 1, 2])], 2);
    encoder.add(['[1,2,3]'], 3);
    expect(encoder.take().toString()).toBe('[1,2.5,-3e-7]\n[0.5,1,2]\n[1,2,3]\n');
  });

  it('[acceptance 39] VECTOR columns take lists of floats over two runs, in order (says so where the extension is not installed)', async () => {
    const { rows } = await client.query(`SELECT FROM pg_available_extensions WHERE name = 'vector'`);
    if (rows.length === 0) {
      process.stderr.write('acceptance 39 not tried: this PostgreSQL has no extension "vector"\n');
      await expect(client.query('CREATE EXTENSION vector')).rejects.toMatchObject({ code: '0A000' });
      return;
    }
    await client.query('CREATE EXTENSION vector; CREATE TABLE vectors (value vector(3))');
    await copyRows(client, 'vectors', [[[1, 2, 3]], [[4, 5.5, 6]]]);
    await copyRows(client, 'vectors', [[[7, 8, 9]]]);
    expect(await readBack(client, 'vectors')).toEqual(['[1,2,3]', '[4,5.5,6]', '[7,8,9]']);
  });
});
