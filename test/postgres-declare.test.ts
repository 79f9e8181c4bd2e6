import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  numeric,
  pgSchema,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/pg-core';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type pg from 'pg';
import { inferTable, tableFromDrizzle, tableFromLive } from '../connectors/postgres/declare/index.js';
import { ensureTable, planMigration, readShape, wantedShape } from '../connectors/postgres/migrate/index.js';
import type { PostgresTable } from '../contracts/postgres-table.js';
import { Duck } from '../connectors/tables/duck.js';
import { spoolDirectory } from '../connectors/tables/spool.js';
import { openDatabase, type TestDatabase } from './support/postgres.js';

let database: TestDatabase;
let client: pg.Client;
let folder: string;

beforeAll(async () => {
  database = await openDatabase();
  client = await database.connect();
  folder = await mkdtemp(path.join(tmpdir(), 'tidemark-infer-'));
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

const named = { schema: 'public', name: 'orders' };

/** What the database makes of a definition: the same definition again, by way of the live table. */
async function throughTheDatabase(table: PostgresTable): Promise<PostgresTable | undefined> {
  await client.query('BEGIN');
  try {
    await ensureTable(client, table);
    const live = await readShape(client, table);
    const again = await tableFromLive(client, table);
    if (again === undefined) return undefined;
    expect(planMigration(live, await wantedShape(client, again), { deleteFirst: false }).action).toBe('keep');
    return again;
  } finally {
    await client.query('ROLLBACK');
  }
}

describe('a table that Drizzle declares', () => {
  const orders = pgSchema('My schema').table(
    'the orders',
    {
      id: bigint({ mode: 'bigint' }).notNull(),
      tags: text('all tags').array(),
      code: varchar({ length: 5 }).unique(),
      amount: numeric({ precision: 12, scale: 2 }).notNull(),
      at: timestamp({ withTimezone: true }),
    },
    (table) => [
      primaryKey({ columns: [table.id, table.amount] }),
      index()
        .on(table.at.desc(), sql`lower(${table.code})`)
        .where(sql`${table.amount} > 5 AND ${table.code} <> ${"it's"}`),
      index().using('gin', table.tags),
      uniqueIndex().on(table.code.op('text_pattern_ops')),
    ],
  );

  it('becomes plain data: types, keys, indexes', async () => {
    expect(await tableFromDrizzle(orders)).toEqual({
      schema: 'My schema',
      name: 'the orders',
      columns: [
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'all tags', type: 'text[]' },
        { name: 'code', type: 'varchar(5)', unique: true },
        { name: 'amount', type: 'numeric(12, 2)', nullable: false },
        { name: 'at', type: 'timestamp with time zone' },
      ],
      primaryKey: ['id', 'amount'],
      indexes: [
        {
          keys: [{ column: 'at', order: 'desc', nulls: 'last' }, { expression: 'lower("code")' }],
          where: `"amount" > 5 AND "code" <> 'it''s'`,
        },
        { keys: ['all tags'], method: 'gin' },
        { keys: [{ column: 'code', operatorClass: 'text_pattern_ops' }], unique: true },
      ],
    });
  });

  it('that is none is refused', async () => {
    await expect(tableFromDrizzle({})).rejects.toMatchObject({ code: 'POSTGRES_DEFINITION' });
  });

  it('without a schema is in public, its key is that of the column', async () => {
    const plain = pgTable('plain', { id: bigint({ mode: 'number' }).primaryKey(), note: text() });
    expect(await tableFromDrizzle(plain)).toEqual({
      schema: 'public',
      name: 'plain',
      columns: [
        { name: 'id', type: 'bigint', nullable: false },
        { name: 'note', type: 'text' },
      ],
      primaryKey: ['id'],
    });
  });

  it('comes back from the database as the definition that leaves it as it is', async () => {
    const declared = await tableFromDrizzle(orders);
    const live = await throughTheDatabase(declared);
    expect(live?.primaryKey).toEqual(['id', 'amount']);
    expect(live?.columns.map(({ name }) => name)).toEqual(declared.columns.map(({ name }) => name));
    expect(live?.columns[2]).toEqual({ name: 'code', type: 'character varying(5)', unique: true });
    expect(live?.indexes).toHaveLength(3);
  });
});

describe('a live table', () => {
  it('that is not there has no definition', async () => {
    expect(await tableFromLive(client, { schema: 'public', name: 'nothing' })).toBeUndefined();
  });

  it('has included columns, storage options, collations in its definition', async () => {
    const live = await throughTheDatabase({
      ...named,
      columns: [
        { name: 'a', type: 'integer', nullable: false },
        { name: 'b "x"', type: 'text' },
        { name: 'c', type: 'text' },
      ],
      indexes: [
        { keys: ['a'], include: ['b "x"', 'c'], with: { fillfactor: 70 } },
        { keys: [{ column: 'c', collation: 'C', order: 'desc' }], unique: true, where: 'a > 0' },
        { keys: [{ expression: 'a + 1' }, 'c'] },
      ],
    });
    expect(live?.indexes).toEqual([
      { keys: ['a'], include: ['b "x"', 'c'], with: { fillfactor: '70' } },
      { keys: [{ column: 'c', collation: 'C', order: 'desc' }], unique: true, where: '(a > 0)' },
      { keys: [{ expression: '((a + 1))' }, 'c'] },
    ]);
  });
});

describe('a file', () => {
  async function infer(name: string, content: string): Promise<Record<string, string>> {
    const file = path.join(folder, name);
    await writeFile(file, content);
    const { columns } = await inferTable(file, named);
    return Object.fromEntries(
      columns.map((column) => [column.name, `${column.type}${column.nullable === false ? '' : ', nullable'}`]),
    );
  }

  it('of CSV gets a type only where every value survives it letter by letter', async () => {
    const rows = [
      'zip,whole,amount,day,at,local,flag,na,empty,quoted,loud,huge,id',
      '00501,1,1.10,2024-02-29,2024-01-01T10:00:00Z,2024-01-01 10:00:00,true,NA,,"",TRUE,99999999999999999999,6f1c2b9e-1111-4222-8333-444455556666',
      '10001,-2,3,2024-12-31,2024-01-01 10:00:00.123+05:30,2024-01-01T10:00:00.5,false,1,,x,FALSE,1,6f1c2b9e-1111-4222-8333-444455556667',
    ];
    expect(await infer('orders.csv', `${rows.join('\n')}\n`)).toEqual({
      zip: 'text',
      whole: 'bigint',
      amount: 'numeric',
      day: 'date',
      at: 'timestamptz',
      local: 'timestamp',
      flag: 'boolean',
      na: 'text',
      empty: 'text, nullable',
      quoted: 'text',
      loud: 'text',
      huge: 'numeric',
      id: 'uuid',
    });
  });

  it('of CSV has a date only where there is such a day', async () => {
    expect(await infer('days.csv', 'day,other\n2023-02-29,2023-02-28\n')).toEqual({ day: 'text', other: 'date' });
  });

  it('of CSV is read whole although the name of a column holds a line break', async () => {
    const text = 'whole,"of\rtext"\n1,a\n2,b\n';
    expect(await infer('breaks.csv', text)).toEqual({ whole: 'bigint', 'of\rtext': 'text' });
  });

  it('of Parquet has the types that it says', async () => {
    const file = path.join(folder, 'types.parquet');
    const duck = await Duck.open({
      directories: [folder],
      spoolDirectory: await spoolDirectory(),
      memoryMegabytes: 128,
    });
    await duck.run(
      `COPY (SELECT 1::INTEGER AS "i x", 2::UBIGINT AS u, 1.50::DECIMAL(9,2) AS d, DATE '2024-01-01' AS day, 'x' AS t, NULL::VARCHAR AS n, now() AS at, '\\x00'::BLOB AS b) TO '${file}' (FORMAT parquet)`,
    );
    await duck.close();
    const { columns } = await inferTable(file, named);
    expect(columns).toEqual([
      { name: 'i x', type: 'integer', nullable: false },
      { name: 'u', type: 'numeric(20,0)', nullable: false },
      { name: 'd', type: 'numeric(9,2)', nullable: false },
      { name: 'day', type: 'date', nullable: false },
      { name: 't', type: 'text', nullable: false },
      { name: 'n', type: 'text' },
      { name: 'at', type: 'timestamptz', nullable: false },
      { name: 'b', type: 'bytea', nullable: false },
    ]);
  });

  it('that is not there is an error that names it', async () => {
    await expect(inferTable(path.join(folder, 'none.csv'), named)).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  });
});
