import { beforeEach, expect } from '@jest/globals';
import type { Client } from 'pg';
import { readColumnTypes } from '../../connectors/postgres/encode/column-types.js';
import { copyOrQuarantine } from '../../connectors/postgres/quarantine/copy-or-quarantine.js';
import { createLenientEncoder } from '../../connectors/postgres/quarantine/lenient-encoder.js';
import { databaseOfFile, type DatabaseOfFile } from './database-of-file.js';

export const QUARANTINE = { schema: 'the "quarantine"', name: 'bad rows' };
const TABLE = { schema: 'public', name: 'target' };

export interface Sorted {
  rows: number;
  quarantined: number;
  good: unknown[];
  bad: unknown[];
}

type Rows = readonly (readonly unknown[])[] | { csv: string | Buffer; columns: string[] };

/** A test begins without `public.target` and without a quarantine. */
export interface QuarantineSite extends DatabaseOfFile {
  /** Sorts rows into `public.target` and the quarantine, in a transaction of their own. */
  sort: (rows: Rows, firstRow?: number) => Promise<Sorted>;
  /** What the quarantine holds. */
  quarantined: () => Promise<unknown[]>;
}

/** A database for one test file. */
export function quarantineSite(): QuarantineSite {
  const site = databaseOfFile();
  beforeEach(() =>
    site.client.query('DROP TABLE IF EXISTS public.target; DROP SCHEMA IF EXISTS "the ""quarantine""" CASCADE'),
  );
  return Object.assign(site, {
    sort: (rows: Rows, firstRow = 1) => sort(site.client, rows, firstRow),
    quarantined: () => quarantined(site.client),
  });
}

async function sort(client: Client, rows: Rows, firstRow: number): Promise<Sorted> {
  const types = await readColumnTypes(client, TABLE);
  const encoder = createLenientEncoder(types, { table: 'target' });
  if (!('csv' in rows)) for (const [index, row] of rows.entries()) encoder.add(row, firstRow + index);
  const [columns, format, bytes] =
    'csv' in rows
      ? [rows.columns, 'FORMAT csv', Buffer.from(rows.csv)]
      : [types.map(({ name }) => name), 'FORMAT text', encoder.take()];
  await client.query('BEGIN');
  try {
    const counts = await copyOrQuarantine(
      client,
      // Cut anywhere, as streams are.
      { columns, format, chunks: cut(bytes, 7) },
      {
        table: TABLE,
        into: 'public.target',
        types,
        constraintsOf: TABLE,
        quarantine: QUARANTINE,
        run: { pipeline: 'p', run: 'r1' },
        firstRow,
      },
    );
    await client.query('COMMIT');
    const good = await client.query<Record<string, unknown>>('SELECT * FROM public.target ORDER BY ctid');
    return { ...counts, good: good.rows, bad: await quarantined(client) };
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** Bytes in pieces of a size. */
export async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size)
    yield await Promise.resolve(bytes.subarray(start, start + size));
}

async function quarantined(client: Client): Promise<unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT row_number::int AS n, column_name AS "column", code, reason, "row" FROM "the ""quarantine"""."bad rows" ORDER BY id`,
  );
  return rows;
}

/** A row of the quarantine, but for its reason. */
export const bad = (n: number, column: string | null, code: string, row: unknown): unknown =>
  expect.objectContaining({ n, column, code, row });
