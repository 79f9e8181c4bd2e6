import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from } from 'pg-copy-streams';
import { readColumnTypes } from '../../connectors/postgres/encode/column-types.js';
import { createRowEncoder } from '../../connectors/postgres/encode/row-encoder.js';

/** Writes rows of JavaScript values to a table of the schema `public` by the encoder and COPY. */
export async function copyRows(client: Client, table: string, rows: readonly (readonly unknown[])[]): Promise<void> {
  const columns = await readColumnTypes(client, { schema: 'public', name: table });
  const encoder = createRowEncoder(columns, { table });
  for (const [index, row] of rows.entries()) encoder.add(row, index + 1);
  await copyBytes(client, table, [encoder.take()]);
}

/** COPY in text format of bytes as they are. */
export async function copyBytes(client: Client, table: string, chunks: readonly Uint8Array[]): Promise<void> {
  const name = `public."${table.replaceAll('"', '""')}"`;
  await pipeline(Readable.from(chunks, { objectMode: false }), client.query(from(`COPY ${name} FROM STDIN`)));
}

/** What an expression in SQL says of the column `value` of each row, in the order they were written. */
export async function readBack(client: Client, table: string, expression = 'value::text'): Promise<(string | null)[]> {
  // A table that was written to once keeps its order.
  const { rows } = await client.query<{ read: string | null }>(
    `SELECT ${expression} AS read FROM public.${table} ORDER BY ctid`,
  );
  return rows.map(({ read }) => read);
}
